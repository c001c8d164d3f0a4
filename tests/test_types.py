"""Static types follow pydantic's schemas, and the checker of values agrees with pydantic and jsonschema."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from pipeglot.core.inference import TypeScope, schema_of
from pipeglot.core.ir import Compare, Const, Ctx, DictOf, Item, ListOf, Out, ParamRef, Text
from pipeglot.core.mismatch import mismatch
from pipeglot.core.rules.values import clash
from pipeglot.core.types import BOOL, TEXT, always_at, item_of, json_types, options, same, scalar_kind, select, union

INT = {"type": "integer"}


class Inner(BaseModel):
    n: int
    tags: list[str] = []


@dataclasses.dataclass
class Row:
    inner: Inner
    pair: tuple[int, str]
    maybe: Inner | None
    either: int | float
    by_name: dict[str, Inner]
    kind: Literal["a", "b"]
    next: list[Row]


class Typed(TypedDict):
    x: float
    day: date


class Point(NamedTuple):
    x: int
    y: str


def schema(hint: Any) -> dict[str, Any]:
    return TypeAdapter(hint).json_schema(mode="serialization")


@pytest.mark.parametrize(
    ("hint", "path", "kind"),
    [
        (Row, ("inner", "n"), "int"),
        (Row, ("inner", "tags", 0), "text"),
        (Row, ("pair", 0), "int"),
        (Row, ("pair", 1), "text"),
        (Row, ("maybe", "n"), "int"),
        (Row, ("maybe",), None),
        (Row, ("either",), "float"),
        (Row, ("by_name", "any", "n"), "int"),
        (Row, ("kind",), "text"),
        (Row, ("next", 3, "next", 0, "inner", "n"), "int"),
        (Typed, ("x",), "float"),
        (Typed, ("day",), "text"),
        (Point, (1,), "text"),
        (list[bool], (0,), "bool"),
        (list[int], (-1,), "int"),
        (list[str], (0, 0), "text"),
        (Any, ("k",), None),
        (dict[str, Any], ("k", 0), None),
        (int | str, (), None),
        (Literal[1, "a"], (), None),
        (Literal[1, 2], (), "int"),
        (Annotated[int, Field(ge=1)], (), "int"),
    ],
)
def test_paths_through_annotations(hint: Any, path: tuple[str | int, ...], kind: str | None) -> None:
    found = select(schema(hint), path)
    assert found is not None
    assert scalar_kind(found) == kind


@pytest.mark.parametrize(
    ("hint", "path"),
    [
        (Row, ("none",)), (Row, (0,)), (Row, ("pair", 2)), (Row, ("inner", "n", "k")), (list[int], ("k",)),
        (int, (0,)), (str, ("k",)), (dict[str, int], (0,)), (Typed, ("y",)), (Point, ("x",)), (None, ("k",)),
    ],
)  # fmt: skip
def test_paths_that_lead_nowhere(hint: Any, path: tuple[str | int, ...]) -> None:
    assert select(schema(hint), path) is None


def test_values() -> None:
    scope = TypeScope(outs={"a": schema(Row)}, params={"p": INT}, items={"e": BOOL})
    assert schema_of(Out(ref="a", path=("pair", 0)), scope) == INT
    assert schema_of(Out(ref="a", path=("nothing",)), scope) is None
    assert schema_of(ParamRef(name="p"), scope) == INT
    assert schema_of(Item(loop="e"), scope) == BOOL
    assert schema_of(Out(ref="unknown"), scope) == {}
    assert schema_of(Text(parts=()), scope) == TEXT
    assert schema_of(Compare(op="<", left=Const(value=1), right=Const(value=2)), scope) == BOOL
    made = DictOf(items=(("k", ListOf(items=(ParamRef(name="p"), ParamRef(name="p")))),))
    inside = schema_of(made, scope)
    assert inside is not None and select(inside, ("k", 1)) == INT
    assert select(inside, ("k", 2)) is None and select(inside, ("j",)) is None
    assert scalar_kind(schema_of(Ctx(name="day"), scope) or {}) == "text"


def test_items_of_lists() -> None:
    assert item_of(schema(list[int])) == INT
    assert scalar_kind(item_of(schema(tuple[int, float]))) == "float"
    assert item_of({}) == {}
    assert scalar_kind(select(item_of(schema(list[Row])), ("inner", "n")) or {}) == "int"


def test_a_union_of_two_types_with_definitions_keeps_both_apart() -> None:
    one = {"$ref": "#/$defs/A", "$defs": {"A": {"type": "object", "properties": {"n": INT}}}}
    two = {"$ref": "#/$defs/A", "$defs": {"A": {"type": "object", "properties": {"n": {"type": "number"}}}}}
    assert scalar_kind(select(union([one, two]), ("n",)) or {}) == "float"
    assert union([one, {}]) == {}


def test_references_in_a_circle_are_not_followed_for_ever() -> None:
    circle = {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}
    assert scalar_kind(circle) is None
    assert mismatch(1, circle) is None


VALUES: list[Any] = [
    None, True, False, 0, 1, -3, 7, 1.0, 0.5, "", "a", "b", "2026-01-31", "2026-13-01", [], [1], [1, "a"], ["a"],
    [1.5], {}, {"n": 1}, {"n": "x"}, {"n": 1, "tags": ["a"]}, {"x": 1, "day": "2026-01-01"}, {"k": {"n": 2}},
    {"n": None}, [[1], [2]], {"x": 0.5, "day": "x"}, "2026-01-31T02:00:00Z", 101, "abcdef",
]  # fmt: skip
HINTS: list[Any] = [
    int, float, str, bool, None, int | None, list[int], list[Any], dict[str, int], Inner, Inner | None, Typed,
    Literal["a", "b"], Literal[1, True], tuple[int, str], date, Annotated[int, Field(ge=1, le=100)], Any,
    Annotated[str, Field(min_length=1, max_length=3, pattern="^[a-z]+$")], list[list[int]], dict[str, Inner],
    Annotated[list[int], Field(min_length=1, max_length=1)], Annotated[float, Field(gt=0, lt=1)],
    Annotated[int, Field(multiple_of=7)], int | str, dict[str, Any],
]  # fmt: skip


@pytest.mark.parametrize("hint", HINTS, ids=str)
def test_mismatches_are_those_of_pydantic(hint: Any) -> None:
    adapter = TypeAdapter(hint)
    for value in VALUES:
        try:
            adapter.validate_json(json.dumps(value), strict=True)
            fits = True
        except ValidationError:
            fits = False
        assert (mismatch(value, adapter.json_schema()) is None) == fits, (value, mismatch(value, adapter.json_schema()))


SCHEMAS = st.recursive(
    st.sampled_from(
        [
            {}, {"type": "integer"}, {"type": "string", "minLength": 1}, {"type": ["null", "boolean"]},
            {"enum": [1, "a", None]}, {"const": "b"}, {"type": "number", "exclusiveMinimum": 0},
        ]
    ),
    lambda inner: st.one_of(
        st.builds(lambda a, b: {"anyOf": [a, b]}, inner, inner),
        st.builds(lambda a: {"allOf": [a]}, inner),
        st.builds(lambda a: {"type": "array", "items": a, "maxItems": 2}, inner),
        st.builds(lambda a, b: {"type": "array", "prefixItems": [a], "items": b}, inner, inner),
        st.builds(lambda a: {"type": "object", "properties": {"n": a}, "required": ["n"]}, inner),
        st.builds(lambda a: {"type": "object", "additionalProperties": a, "properties": {"k": {}}}, inner),
    ),
    max_leaves=6,
) | st.just({"$defs": {"A": INT}, "type": "array", "items": {"$ref": "#/$defs/A"}})  # fmt: skip
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from(["", "a", "b", 0.5])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("nk"), inner)),
    max_leaves=5,
)


@given(SCHEMAS, JSON)
def test_mismatches_are_those_of_jsonschema(schema: dict[str, Any], value: Any) -> None:
    """On what both mean the same: floats that are whole numbers aside."""
    assert (mismatch(value, schema) is None) == jsonschema.Draft202012Validator(schema).is_valid(value)


@given(JSON, JSON)
def test_sameness_is_that_of_json_text_but_for_kinds_of_number(one: Any, two: Any) -> None:
    assert same(one, one)
    assert same(one, two) == (json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True))


def test_a_pattern_of_another_dialect_is_left_to_the_step() -> None:
    assert mismatch("x", {"type": "string", "pattern": "(?<!"}) is None
    assert mismatch("x", {"type": "string", "pattern": "^x$"}) is None
    assert mismatch("xx", {"type": "string", "pattern": "^x$"}) is not None


@pytest.mark.parametrize(
    ("items", "wanted", "reason"),
    [
        (1, {"minItems": 1, "maxItems": 2}, None),
        (2, {"minItems": 1, "maxItems": 2}, None),
        (0, {"minItems": 1, "maxItems": 2}, "it has 0 items"),
        (3, {"minItems": 1, "maxItems": 2}, "it has 3 items"),
        (3, {"maxItems": 2}, "it has 3 items"),
        (1, {"minItems": 2}, "it has 1 items"),
    ],
)
def test_a_list_that_is_built_has_as_many_items_as_are_wanted(
    items: int, wanted: dict[str, Any], reason: str | None
) -> None:
    built = ListOf(items=tuple(Out(ref="a") for _ in range(items)))
    assert clash(built, {"type": "array", **wanted}, TypeScope({"a": {"type": "integer"}})) == reason


def test_values_are_the_same_when_all_inside_them_is() -> None:
    assert same({"a": 1, "b": [2]}, {"b": [2.0], "a": 1})
    for other in ({"a": 2, "b": [2]}, {"a": 1}, {"a": 1, "b": [2], "c": 3}, {"a": True, "b": [2]}, [1, [2]]):
        assert not same({"a": 1, "b": [2]}, other)
    assert not same([1], [1, 2]) and not same([1, 2], [1])


def test_a_type_that_is_made_of_itself_is_unknown() -> None:
    for again in ({"allOf": [{"$ref": "#/$defs/A"}]}, {"anyOf": [{"$ref": "#/$defs/A"}]}, {"$ref": "#/$defs/A"}):
        endless: dict[str, Any] = {"$defs": {"A": again}, "$ref": "#/$defs/A"}
        assert {repr(one) for one in options(endless)} == {"{}"}
        assert json_types(endless) == {"any"}


def test_what_is_not_known_may_be_anything() -> None:
    assert json_types({}) == json_types({"minLength": 3}) == {"any"}
    assert json_types({"const": 1}) == {"integer"}


@pytest.mark.parametrize(
    ("schema", "step", "found"),
    [
        ({"type": "array", "prefixItems": [INT, TEXT]}, -1, TEXT),
        ({"type": "array", "prefixItems": [INT, TEXT]}, 1, TEXT),
        # How many follow is not known, so neither is the last.
        ({"type": "array", "prefixItems": [INT, TEXT], "items": BOOL}, -1, {}),
        ({"type": "array", "prefixItems": [INT, TEXT], "items": BOOL}, 2, BOOL),
        ({"type": "array", "items": BOOL, "maxItems": 2}, -2, BOOL),
        ({"type": "array", "items": BOOL, "maxItems": 2}, 1, BOOL),
        ({"type": "array", "items": BOOL, "maxItems": 2}, 2, None),
        ({"type": "array", "items": BOOL, "maxItems": 2}, -3, None),
        ({"type": "array", "prefixItems": [INT], "items": False}, 1, None),
        ({"type": "array", "prefixItems": [INT], "items": False}, 0, INT),
        ({"type": "string"}, 0, TEXT),
    ],
)
def test_a_step_into_a_list_leads_to_its_item(schema: dict[str, Any], step: int, found: dict[str, Any] | None) -> None:
    assert select(schema, (step,)) == found


@pytest.mark.parametrize(
    ("schema", "path", "always"),
    [
        ({"type": "object", "properties": {"a": INT}, "required": ["a"]}, ("a",), True),
        ({"type": "object", "properties": {"a": INT}}, ("a",), False),
        ({"properties": {"a": INT}, "required": ["a"]}, ("a",), False),
        ({"type": "array", "items": INT, "minItems": 2}, (1,), True),
        ({"type": "array", "items": INT, "minItems": 2}, (-2,), True),
        ({"type": "array", "items": INT, "minItems": 2}, (2,), False),
        ({"type": "array", "items": INT, "minItems": 2}, (-3,), False),
        ({"items": INT, "minItems": 2}, (1,), False),
        ({"type": "array", "items": INT}, (0,), False),
    ],
)
def test_something_is_always_there_only_where_the_type_says_so(
    schema: dict[str, Any], path: tuple[str | int, ...], always: bool
) -> None:
    assert always_at(schema, path) == always
