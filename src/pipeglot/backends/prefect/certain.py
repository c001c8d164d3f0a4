"""What the declared types make certain: whether a value can be formed and a condition evaluated in every run.

What is certain is plain Python in the flow. The rest is left to a task, whose failure Prefect records.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from pipeglot.core.ir import (
    All,
    Any_,
    Call,
    Compare,
    Const,
    Ctx,
    DictOf,
    Each,
    If,
    IsIn,
    Item,
    ListOf,
    Not,
    Out,
    ParamRef,
    Schema,
    Text,
    Value,
)
from pipeglot.core.pysource import (
    Atom,
    Doc,
    Infix,
    Parens,
    RootNames,
    call,
    expression,
    flat,
    literal,
    negated,
    same_kind,
)
from pipeglot.core.shape import Shape

ScalarKind: TypeAlias = Literal["bool", "number", "text"]

_KINDS: dict[str, ScalarKind] = {
    "boolean": "bool",
    "integer": "number",
    "number": "number",
    "string": "text",
}


class Types:
    """The declared types of a pipeline's values."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._params = {param.name: param.type for param in shape.pipeline.params}
        self._returns = {step.name: step.returns for step in shape.pipeline.steps}

    def schema(self, value: Value) -> Schema | None:
        """The type of a value that can be formed in every run; None when that is not certain."""
        match value:
            case Const(value=bool()):
                return {"type": "boolean"}
            case Const(value=int() | float()):
                return {"type": "number"}
            case Const(value=str()) | Ctx():
                return {"type": "string"}
            case Const(value=list()):
                return {"type": "array"}
            case Out() | ParamRef() | Item():
                return _select(self._declared(value), value.path)
            case ListOf(items=items) | Text(parts=items):
                certain = all(self.schema(item) is not None for item in items)
                return {"type": "array" if isinstance(value, ListOf) else "string"} if certain else None
            case DictOf(items=pairs):
                return {} if all(self.schema(item) is not None for _, item in pairs) else None
            case Compare() | IsIn() | All() | Any_() | Not():
                return {"type": "boolean"} if self.decidable(value) else None
        return {}

    def _declared(self, value: Out | ParamRef | Item) -> Schema:
        match value:
            case ParamRef(name=name):
                return self._params.get(name, {})
            case Item(loop=loop):
                each = self._shape.nodes[loop]
                return each.item_type if isinstance(each, Each) else {}
            case Out(ref=ref):
                if ref in self._shape.values:
                    return self._shape.values[ref].type
                node = self._shape.nodes[ref]
                return self._returns[node.step] if isinstance(node, Call) else {}

    def kind(self, value: Value) -> ScalarKind | None:
        """The kind of a scalar, when it is certain."""
        schema = self.schema(value)
        if schema is None:
            return None
        if "enum" in schema or "const" in schema:
            options = schema.get("enum", [schema.get("const")])
            kinds = {self.kind(Const(value=option)) for option in options}
            return kinds.pop() if len(kinds) == 1 else None
        name = schema.get("type")
        return _KINDS.get(name) if isinstance(name, str) else None

    def decidable(self, condition: Value) -> bool:
        """Whether Python's own operators evaluate a condition as the language does, in every run."""
        match condition:
            case Compare(op=op, left=left, right=right):
                kind = self.kind(left)
                return kind is not None and kind == self.kind(right) and (kind != "bool" or op in ("==", "!="))
            case IsIn(value=value, options=options):
                kind = self.kind(value)
                return kind is not None and all(self.kind(Const(value=option)) == kind for option in options)
            case All(operands=operands) | Any_(operands=operands):
                return all(self.decidable(operand) for operand in operands)
            case Not(operand=operand):
                return self.decidable(operand)
            case _:
                return self.kind(condition) == "bool"

    def certain(self, node: If | Each) -> bool:
        """Whether a region can be decided in every run that enters it."""
        if isinstance(node, Each):
            return self.is_list(node.items)
        return all(self.decidable(arm.when) for arm in node.arms if arm.when is not None)

    def is_list(self, value: Value) -> bool:
        """Whether a value is a list in every run."""
        schema = self.schema(value)
        return schema is not None and schema.get("type") == "array"

    def decision(self, condition: Value, names: RootNames, use: Callable[[str], str]) -> Doc:
        """A condition as an expression that raises where it cannot be evaluated; `use` names the helpers."""

        def write(value: Value) -> Doc:
            if self.decidable(value):
                return expression(value, names)
            match value:
                case Compare(op=op, left=left, right=right):
                    return call(use("compare"), op, expression(left, names), expression(right, names))
                case IsIn(value=inner, options=options):
                    each = flat(call(use("compare"), "==", expression(inner, names), Atom("option")))
                    return Atom(f"any([{each} for option in {flat(literal(tuple(options)))}])")
                case All() | Any_():
                    return _joined(value.kind, [write(operand) for operand in same_kind(value)])
                case Not(operand=operand):
                    return negated(write(operand))
                case _:
                    return call(use("truth"), expression(value, names))

        return write(condition)


def _joined(op: str, operands: list[Doc]) -> Doc:
    if len(operands) == 1:
        return operands[0]
    return Infix(op, tuple(Parens(o) if isinstance(o, Infix) else o for o in operands))


def _select(schema: Schema, path: tuple[str | int, ...]) -> Schema | None:
    """The type at a path that is there in every value of the type."""
    definitions = schema.get("$defs", {})
    schema = _resolved(schema, definitions)
    for key in path:
        found: Any = None
        if isinstance(key, str) and schema.get("type") == "object" and key in schema.get("required", ()):
            found = schema.get("properties", {}).get(key)
        elif isinstance(key, int) and 0 <= key < min(len(schema.get("prefixItems", ())), schema.get("minItems", 0)):
            found = schema["prefixItems"][key]
        if not isinstance(found, dict):
            return None
        schema = _resolved(found, definitions)
    return schema


def _resolved(schema: Schema, definitions: dict[str, Any]) -> Schema:
    for _ in range(50):
        target = schema.get("$ref")
        if not isinstance(target, str):
            return schema
        schema = definitions.get(target.removeprefix("#/$defs/"), {})
    return {}
