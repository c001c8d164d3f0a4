"""Type inference: what is known of a pipeline's values before anything runs.

`check` refuses what cannot be right by these types, and backends ask them what a value is: so a condition of a checked
pipeline compares scalars of known kinds, and Python's own operators evaluate it as the language does.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import dataclass, field, replace
from pipeglot.core.ir import (
    All,
    Any_,
    AnyNode,
    Call,
    Compare,
    Const,
    Ctx,
    DictOf,
    Each,
    Group,
    If,
    Include,
    IsIn,
    Item,
    ListOf,
    Not,
    Out,
    ParamRef,
    Pipeline,
    Schema,
    Text,
    Value,
    parts,
)
from pipeglot.core.shape import Shape, inputs, sources
from pipeglot.core.types import BOOL, TEXT, always_at, is_list, item_of, list_of, schema_of_json, select, union

_CONTEXT: dict[str, Schema] = {
    "logical_date": {"type": "string", "format": "date-time"},
    "day": {"type": "string", "format": "date"},
    "run_id": TEXT,
    "state": {"type": "string", "enum": ["succeeded", "failed"]},
}


@dataclass
class TypeScope:
    """The types of what values refer to. What is missing is not known: `{}`."""

    outs: Mapping[str, Schema] = field(default_factory=dict)
    params: Mapping[str, Schema] = field(default_factory=dict)
    items: Mapping[str, Schema] = field(default_factory=dict)


def schema_of(value: Value, scope: TypeScope) -> Schema | None:
    """The schema of a value; `{}` when nothing is known, None when a path in it leads nowhere for certain.

    >>> schema_of(Out(ref="a", path=("n",)), TypeScope({"a": {"type": "object", "properties": {"n": BOOL}}}))
    {'type': 'boolean'}
    """
    match value:
        case Const():
            return schema_of_json(value.value)
        case Out():
            return select(scope.outs.get(value.ref, {}), value.path)
        case ParamRef():
            return select(scope.params.get(value.name, {}), value.path)
        case Item():
            return select(scope.items.get(value.loop, {}), value.path)
        case Ctx():
            return _CONTEXT[value.name]
        case ListOf():
            return list_of(union([schema_of(item, scope) or {} for item in value.items]), len(value.items))
        case DictOf():
            properties = {key: schema_of(item, scope) or {} for key, item in value.items}
            return {"type": "object", "properties": properties, "required": list(properties)}
        case Text():
            return TEXT
        case Compare() | IsIn() | All() | Any_() | Not():
            return BOOL
        case _:
            assert_never(value)


class Types:
    """The types of one pipeline's values."""

    def __init__(self, shape: Shape) -> None:
        self._pipeline = shape.pipeline

    @cached_property
    def scope(self) -> TypeScope:
        """The types of all that values refer to."""
        returns = {step.name: step.returns for step in self._pipeline.steps}
        outs: dict[str, Schema] = {}
        items: dict[str, Schema] = {}
        scope = TypeScope(outs, {param.name: param.type for param in self._pipeline.params}, items)

        def typed(value: Value) -> Schema:
            return schema_of(value, scope) or {}

        def enter(body: tuple[AnyNode, ...]) -> None:
            for node in body:
                match node:
                    case Call():  # a tolerated failure gives a value of the same type
                        outs[node.id] = returns.get(node.step, {})
                    case Include():
                        outs[node.id] = _result_type(node.pipeline)
                    case If():
                        for arm in node.arms:
                            enter(arm.body)
                        for merged in node.merged:
                            outs[merged.id] = merged.type or union([typed(value) for value in sources(merged)])
                    case Each():
                        items[node.id] = node.item_type or item_of(typed(node.items))
                        enter(node.body)
                        for collected in node.collected:
                            outs[collected.id] = collected.type or list_of(typed(collected.value))
                    case Group():
                        enter(node.body)
                    case _:
                        assert_never(node)

        enter(self._pipeline.body)
        return scope

    def of(self, value: Value) -> Schema:
        """The schema of a value; `{}` when nothing is known."""
        return schema_of(value, self.scope) or {}

    def is_list(self, value: Value) -> bool:
        """Whether a value that can be formed is a list."""
        return is_list(self.of(value))

    def cannot_fail(self, value: Value) -> bool:
        """Whether a value can be formed in every run: what its paths select is there in all values of the types."""
        return all(self._is_there(part) for part in parts(value))

    def _is_there(self, value: Value) -> bool:
        if not isinstance(value, Out | ParamRef | Item):
            return True
        return not value.path or always_at(self.of(replace(value, path=())), value.path)

    def is_decided(self, region: If | Each) -> bool:
        """Whether a region can be decided in every run that gets to it."""
        known = not isinstance(region, Each) or self.is_list(region.items)
        return known and all(map(self.cannot_fail, inputs(region)))


def _result_type(pipeline: Pipeline) -> Schema:
    return {} if pipeline.result is None else Types(Shape(pipeline)).of(pipeline.result)
