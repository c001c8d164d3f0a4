"""What is known statically of a value: enough JSON Schema to tell whether it may be null, and whether it is a list."""

from __future__ import annotations

from typing import Any

from pipeglot.core.ir import Call, Collected, Const, Each, Item, ListOf, Out, ParamRef, Schema, Value
from pipeglot.core.shape import Shape


class Types:
    """Static schemas of values; `{}` where nothing is known."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._steps = {step.name: step for step in shape.pipeline.steps}
        self._params = {param.name: param.type for param in shape.pipeline.params}

    def of(self, value: Value) -> Schema:
        """The schema of a value."""
        match value:
            case Const(value=None):
                return {"type": "null"}
            case Const(value=list()) | ListOf():
                return {"type": "array"}
            case Const(value=known):
                return {"const": known}
            case Out(ref=ref, path=path):
                return descend(self._out(ref), path)
            case ParamRef(name=name, path=path):
                return descend(self._params.get(name, {}), path)
            case Item(loop=loop, path=path):
                each = self._shape.nodes[loop]
                return descend(self._item(each), path) if isinstance(each, Each) else {}
            case _:
                return {"type": "string"} if value.kind in ("text", "ctx") else {"type": "boolean"}

    def _out(self, ref: str) -> Schema:
        if ref in self._shape.values:
            value = self._shape.values[ref]
            if isinstance(value, Collected):
                return {"type": "array", "items": self.of(value.value)}
            schemas = [self.of(v) for v in value.values]
            return value.type or ({"anyOf": schemas} if all(schemas) else {})
        node = self._shape.nodes[ref]
        if not isinstance(node, Call):
            return {}
        returns = self._steps[node.step].returns
        if node.policy.on_failure is None or not returns:
            return returns
        return {"anyOf": [returns, self.of(Const(value=node.policy.on_failure.default))]}

    def _item(self, each: Each) -> Schema:
        if isinstance(each.items, Const):
            items = each.items.value if isinstance(each.items.value, list) else []
            return {"enum": items}
        return descend(self.of(each.items), (0,))


def descend(schema: Schema, path: tuple[str | int, ...]) -> Schema:
    """The schema of what lies at `path` inside a value of `schema`."""
    root = schema
    for key in path:
        schema = _resolve(schema, root)
        if isinstance(key, str):
            inner = schema.get("properties", {}).get(key, schema.get("additionalProperties", {}))
        else:
            prefix = schema.get("prefixItems", [])
            inner = prefix[key] if 0 <= key < len(prefix) else schema.get("items", {})
        schema = inner if isinstance(inner, dict) else {}
    resolved = _resolve(schema, root)
    return {**resolved, "$defs": root["$defs"]} if "$defs" in root and resolved else resolved


def _resolve(schema: Schema, root: Schema) -> Schema:
    for _ in range(20):
        ref = schema.get("$ref")
        if not isinstance(ref, str):
            return schema
        found: Any = root.get("$defs", {}).get(ref.removeprefix("#/$defs/"))
        schema = found if isinstance(found, dict) else {}
    return {}


def kinds(schema: Schema, root: Schema | None = None) -> frozenset[str]:
    """The JSON types a value of `schema` may have; every type when it does not say."""
    root = schema if root is None else root
    schema = _resolve(schema, root)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return frozenset().union(*(kinds(option, root) for option in schema[key]))
    if "enum" in schema:
        return frozenset(map(_kind, schema["enum"]))
    if "const" in schema:
        return frozenset({_kind(schema["const"])})
    named = schema.get("type")
    if named is None:
        return EVERY
    return frozenset([named] if isinstance(named, str) else named)


EVERY = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def may_be_none(schema: Schema) -> bool:
    """Whether null is admitted."""
    return "null" in kinds(schema)


def is_list(schema: Schema) -> bool:
    """Whether nothing but a list is admitted."""
    return kinds(schema) == {"array"}
