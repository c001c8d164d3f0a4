"""What is known statically of a pipeline's values, as far as lowerings depend on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from pipeglot.core.ir import All, Any_, Call, Collected, Compare, Each, IsIn, Not, Schema, Value
from pipeglot.core.shape import Shape
from pipeglot.core.types import TypeScope, list_of, options, scalar_kind, schema_of, schema_of_json, union


class Types:
    """Static schemas of values; `{}` where nothing is known."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    @cached_property
    def _scope(self) -> TypeScope:
        pipeline = self._shape.pipeline
        loops = [node for node in self._shape.nodes.values() if isinstance(node, Each)]
        return TypeScope(
            outs=_Outs(self._shape, self),
            params={param.name: param.type for param in pipeline.params},
            items={loop.id: loop.item_type for loop in loops},
        )

    def of(self, value: Value) -> Schema:
        """The schema of a value."""
        return schema_of(value, self._scope) or {}

    def decidable(self, condition: Value) -> bool:
        """Whether Python's own operators give what the language gives: the kinds of all operands are
        known.
        """
        match condition:
            case Compare(op=op, left=left, right=right):
                kind = self._kind(left)
                return kind is not None and kind == self._kind(right) and (kind != "bool" or op in ("==", "!="))
            case IsIn(value=value, options=known):
                kind = self._kind(value)
                return kind is not None and all(_family(schema_of_json(o)) == kind for o in known)
            case All(operands=operands) | Any_(operands=operands):
                return all(self.decidable(operand) for operand in operands)
            case Not(operand=operand):
                return self.decidable(operand)
            case _:
                return self._kind(condition) == "bool"

    def _kind(self, value: Value) -> str | None:
        return _family(self.of(value))


class _Outs(Mapping[str, Schema]):
    """The types of calls, merged and collected values, found when they are asked for."""

    def __init__(self, shape: Shape, types: Types) -> None:
        self._shape, self._types = shape, types
        self._returns = {step.name: step.returns for step in shape.pipeline.steps}

    def __getitem__(self, ref: str) -> Schema:
        value = self._shape.values.get(ref)
        if isinstance(value, Collected):
            return list_of(self._types.of(value.value))
        if value is not None:
            return value.type or union([self._types.of(v) for v in value.values])
        node = self._shape.nodes[ref]
        if not isinstance(node, Call):
            return {}
        returns, tolerance = self._returns[node.step], node.policy.on_failure
        return returns if tolerance is None else union([returns, schema_of_json(tolerance.default)])

    def __iter__(self) -> Iterator[str]:
        yield from (*self._shape.nodes, *self._shape.values)

    def __len__(self) -> int:
        return len(self._shape.nodes) + len(self._shape.values)


def _family(schema: Schema) -> str | None:
    kind = scalar_kind(schema)
    return "number" if kind in ("int", "float") else kind


def may_be_none(schema: Schema) -> bool:
    """Whether null is admitted, or nothing is known."""
    for option in options(schema):
        known = option.get("enum", [option["const"]] if "const" in option else None)
        if None in known if known is not None else option.get("type") in (None, "null"):
            return True
    return False


def is_list(schema: Schema) -> bool:
    """Whether nothing but a list is admitted."""
    return all(option.get("type") == "array" for option in options(schema))
