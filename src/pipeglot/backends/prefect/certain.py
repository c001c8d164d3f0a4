"""What the declared types make certain: whether a value can be formed and a condition evaluated in every run.

What is certain is plain Python in the flow. The rest is left to a task, whose failure Prefect records.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from pipeglot.codegen.declared_types import Declared, select
from pipeglot.codegen.pysource import (
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
from pipeglot.core.ir import (
    All,
    Any_,
    Compare,
    Const,
    Ctx,
    DictOf,
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

ScalarKind: TypeAlias = Literal["bool", "number", "text"]

_KINDS: dict[str, ScalarKind] = {
    "boolean": "bool",
    "integer": "number",
    "number": "number",
    "string": "text",
}


class Types(Declared):
    """The declared types of a pipeline's values."""

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
                return select(self.declared(value), value.path)
            case ListOf(items=items) | Text(parts=items):
                certain = all(self.schema(item) is not None for item in items)
                return {"type": "array" if isinstance(value, ListOf) else "string"} if certain else None
            case DictOf(items=pairs):
                return {} if all(self.schema(item) is not None for _, item in pairs) else None
            case Compare() | IsIn() | All() | Any_() | Not():
                return {"type": "boolean"} if self.decidable(value) else None
        return {}

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
