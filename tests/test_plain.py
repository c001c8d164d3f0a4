"""What is said of plain annotations without pydantic is what pydantic says of them."""

from __future__ import annotations

import datetime
import json
import operator
import sys
from pathlib import Path
from typing import Annotated, Any, Dict, List, Literal, Optional, Tuple, Union  # noqa: UP035

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python
from typing_extensions import NotRequired, TypedDict

from pipeglot import Param
from pipeglot.author import plain
from pipeglot.author.hints import Mode

MODES: tuple[Mode, Mode] = ("validation", "serialization")


class Row(TypedDict):
    name: str
    monthly_amount: float | None
    tags: list[Literal["a", "b"]]


class Table(TypedDict, total=False):
    """A table.

    It has rows.
    """

    first: Row
    last: Optional[Row]  # noqa: UP045
    either: Row | int
    noted: Annotated[Row | None, "why"]
    inside: Annotated[Row, Param()] | None
    rows: list[Row]
    by_name: dict[str, Row]
    more: Any


class Wider(Table):
    _size: int
    x2: date_alias


date_alias = datetime.date

SCALARS = [bool, int, float, str, None, Any]
WHOLE = [list, tuple, dict, List, Tuple, Dict, datetime.date, datetime.datetime, datetime.time, datetime.timedelta]  # noqa: UP006
TYPED = [Row, Table, Wider]

literal = st.one_of(st.integers(-3, 3), st.booleans(), st.sampled_from(["", "a", "é", "x y"]))


def subscripted(generic: Any, arguments: Any) -> Any:
    return operator.getitem(generic, arguments)


def longer(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        inner.map(lambda one: subscripted(list, one)),
        inner.map(lambda one: subscripted(List, one)),  # noqa: UP006
        inner.map(lambda one: subscripted(dict, (str, one))),
        inner.map(lambda one: subscripted(tuple, (one, ...))),
        several.map(lambda all: subscripted(tuple, all)),
        several.map(lambda all: subscripted(Union, all)),
        inner.map(lambda one: subscripted(Optional, one)),
        inner.map(lambda one: subscripted(Annotated, (one, Param(ge=1), "a note"))),
    )


literals = st.lists(literal, min_size=1, max_size=3).map(lambda values: subscripted(Literal, tuple(values)))
hints = st.recursive(st.one_of(st.sampled_from([*SCALARS, *WHOLE, *TYPED, Path]), literals), longer, max_leaves=6)

values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**53), 2**53),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(),
        st.sampled_from(["a", "2026-01-01", "2026-01-01T00:00:00Z"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.sampled_from(["name", "rows"]), inner),
    max_leaves=5,
)


def fitting(hint: Any) -> st.SearchStrategy[Any]:
    """Values that look as if they were of a type, and are nearly so."""
    known = {bool: st.booleans(), int: st.integers(-9, 9), float: st.floats(-9, 9) | st.integers(-9, 9), str: st.text()}
    if hint in known:
        return known[hint]
    arguments = getattr(hint, "__args__", ())
    if not arguments and plain.is_typed_dict(hint):
        return st.fixed_dictionaries(
            {"name": st.text(), "monthly_amount": st.none() | st.floats(0, 1), "tags": st.lists(literal, max_size=2)},
            optional={"rows": st.lists(st.dictionaries(st.sampled_from(["name", "other"]), st.text()), max_size=1)},
        )
    known_inner = [fitting(each) for each in arguments if isinstance(each, type) or hasattr(each, "__args__")]
    inner = st.one_of(known_inner) if known_inner else values
    if hint in (list, List) or getattr(hint, "__origin__", None) in (list, tuple):  # noqa: UP006
        return st.lists(inner if arguments else values, max_size=3)
    if getattr(hint, "__origin__", None) is dict and arguments:
        return st.dictionaries(st.text(max_size=2), inner, max_size=2)
    return st.one_of(
        inner, st.none(), st.sampled_from([each for each in arguments if not isinstance(each, type)] or [0])
    )


@given(hint=hints)
def test_the_schema_of_a_plain_annotation_is_pydantics(hint: Any) -> None:
    found = plain.json_schema(hint)
    assert found is not None
    for mode in MODES:
        assert json.dumps(found) == json.dumps(TypeAdapter(hint).json_schema(mode=mode))


def taken(hint: Any, value: Any) -> bool:
    try:
        TypeAdapter(hint).validate_json(json.dumps(value), strict=True)
    except ValidationError:
        return False
    return True


@given(data=st.data(), hint=hints)
def test_what_is_accepted_pydantic_accepts(data: st.DataObject, hint: Any) -> None:
    value = data.draw(values | fitting(hint))
    if plain.accepts(hint, value):
        assert taken(hint, value)


@pytest.mark.parametrize(
    "hint", [*SCALARS, list[int], dict[str, float], tuple[int, ...], tuple[int, str], Row, int | None]
)
def test_what_pydantic_accepts_of_a_plain_annotation_is_accepted_without_it(hint: Any) -> None:
    row = {"name": "a", "monthly_amount": None, "tags": ["a"]}
    tried = [None, True, 1, 1.5, "a", [], [1], [1, "a"], ["a", 1], {}, {"a": 1}, {"a": "b"}, row, {**row, "more": 1}]
    assert [plain.accepts(hint, value) for value in tried] == [taken(hint, value) for value in tried]


@given(value=values)
def test_a_constant_is_copied_as_pydantic_copies_it(value: Any) -> None:
    copy = plain.copied(value)
    assert json.dumps(copy) == json.dumps(to_jsonable_python(value, inf_nan_mode="constants"))
    assert plain.copied((value,)) == [copy]


@pytest.mark.parametrize("value", [float("inf"), "a\ud800", {1: 2}, {"\udfff": 1}, {1, 2}, b"x", datetime.date.today()])
def test_what_is_not_jsons_own_is_left_to_pydantic(value: Any) -> None:
    with pytest.raises(ValueError):
        plain.copied([value])


numbers = st.integers(-9, 9) | st.floats(-9, 9) | st.booleans() | st.just(float("inf"))


@given(kind=st.sampled_from([int, float]), bounds=st.dictionaries(st.sampled_from(["ge", "gt", "le", "lt"]), numbers))
def test_bounds_are_written_as_pydantic_writes_them(kind: type, bounds: dict[str, float]) -> None:
    found = plain.bounded(kind, bounds)
    assert plain.bounded(str, bounds) is None and plain.bounded(int | None, bounds) is None
    if found is None:
        assert any(type(bound) is not kind or abs(bound) > 9 for bound in bounds.values())
        return
    said: Any = bounds
    hint = subscripted(Annotated, (kind, Field(**said)))
    assert json.dumps(found) == json.dumps(TypeAdapter(hint).json_schema())


class Named(TypedDict):
    default: int


class Open(TypedDict):
    a: NotRequired[int]


class Itself(TypedDict):
    inner: list[Itself]


def other() -> type:
    class Row(TypedDict):
        a: int

    return Row


class Own: ...


OTHERS = [
    Named,
    Open,
    Itself,
    subscripted(tuple, (Row, other())),
    dict[int, str],
    tuple[()],
    set[int],
    Own,
    Literal[None],
    Annotated[int, Field(ge=1)],
]


@pytest.mark.parametrize("hint", OTHERS, ids=str)
def test_what_is_not_plain_is_left_to_pydantic(hint: Any) -> None:
    assert plain.json_schema(hint) is None
    assert plain.json_schema(subscripted(list, hint)) is None


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="pydantic takes typing's TypedDict from 3.12 on")
def test_a_typed_dict_that_pydantic_refuses_is_left_to_it() -> None:
    import typing

    class Refused(typing.TypedDict):
        a: int

    assert plain.json_schema(Refused) is None
