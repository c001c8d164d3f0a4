"""What comes into the language: by Python code, where a look that needs no pydantic says the same as pydantic, and as JSON."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from pipeglot.core import border, ir
from pipeglot.core.dataclass import replace
from pipeglot.core.node import NodeType, _plain
from tests.test_plan import everything, models

CHECKED = sorted((each for each in models() if vars(each).get("__init__") is vars(ir.Retry)["__init__"]), key=str)
NOON = datetime(2026, 1, 1, 12, 30, 5, 7, tzinfo=timezone(timedelta(hours=2)))
VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2,
        50,
        51,
        60,
        10_001,
        10**9,
        2**53 + 1,
        0.5,
        1.0,
        100.5,
        float("nan"),
        float("inf"),
        1e300,
    ),
    *(
        "",
        "a",
        "3",
        "A_B",
        "a-b",
        "a.b",
        "a/b",
        "2Gi",
        "2Gi\n",
        "nvidia.com/gpu",
        "x" * 300,
        "UTC",
        "\ud800",
        "idempotent",
    ),
    *(
        (),
        ("a",),
        ["a"],
        (1,),
        {},
        {"a": "b"},
        {"a/b": "c d"},
        {"a": 1},
        {1: "a"},
        {"type": "text"},
        {"type": "integer"},
    ),
    *([1, {"a": [None, 0.5]}], [float("nan")], [{1: 2}], {"airflow": {"x": [1]}}, {"airflow": 1}),
    *(NOON, NOON.replace(tzinfo=None), NOON.date(), b"a"),
    *(
        ir.Shell(script="x"),
        ir.Cron(expression="0 0 * * *"),
        ir.Retry(count=1),
        ir.Secret(env="A"),
        ir.Resources(cpu=1),
    ),
    *(ir.Continue(), ir.Out(ref="a"), (ir.Parameter(name="x"),), (ir.Secret(env="A"),), ir.At(file="a", line=1)),
    (ir.Call(id="a", step="s"), ir.Group(id="g", body=())),
]


def whole(cls: NodeType) -> dict[str, Any]:
    """Values that every required field of a class takes."""
    fits: dict[str, Any] = {"run": ir.Shell(script="x"), "timing": ir.Interval(seconds=60), "count": 1, "seconds": 60}
    return {name: fits.get(name, "a") for name, about in cls.__fields__.items() if about.required}


def outcomes(cls: Any) -> Iterator[tuple[str, Any, Any, Any]]:
    """For every field and value: what the look makes of it (or that it leaves it to pydantic), and what pydantic does."""
    for name in cls.__fields__:
        for value in VALUES:
            given = {**whole(cls), name: value}
            look: Any
            asked: Any
            try:
                look = _plain(cls, given)
            except border.Unsure:
                look = None
            try:
                asked = list(cls.__values__(border.read(cls, given)))
            except ValueError:
                asked = None
            yield name, value, look, asked


@pytest.mark.parametrize("cls", CHECKED, ids=lambda cls: cls.__name__)
def test_what_a_look_admits_is_what_pydantic_makes_of_it(cls: Any) -> None:
    found = list(outcomes(cls))
    assert any(look is not None for *_, look, _ in found)
    for name, value, look, asked in found:
        if look is not None and name not in ("name", "key"):  # a secret's are given both or not at all
            assert repr(look) == repr(asked), (name, value)


def nodes(value: Any) -> Iterator[ir.Node]:
    if isinstance(value, ir.Node):
        yield value
        value = type(value).__values__(value)
    if isinstance(value, dict):
        value = tuple(value.values())
    for one in value if isinstance(value, tuple) else ():
        yield from nodes(one)


def test_what_is_plainly_right_is_seen_without_pydantic() -> None:
    seen = set()
    for node in nodes(everything()):
        cls: Any = type(node)
        if cls in CHECKED:
            seen.add(cls)
            assert tuple(_plain(cls, {name: getattr(node, name) for name in cls.__fields__})) == cls.__values__(node)
    assert {cls.__name__ for cls in CHECKED} - {cls.__name__ for cls in seen} == {"Shell", "Container", "Interval"}


def test_a_wrong_value_has_pydantics_words_and_place() -> None:
    with pytest.raises(ValueError, match="less than or equal to 50") as told:
        ir.Retry(count=51)
    assert border.first(told.value) == "count: Input should be less than or equal to 50"
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        ir.Resources(cpus=2)  # type: ignore[call-arg]
    assert ir.Retry(count="3").count == 3  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not a valid JSON value"):
        ir.Param(name="x", default=())
    assert border.wrong(ValueError("ours")) == () and border.first(ValueError("ours")) == ""


@pytest.mark.parametrize(
    ("body", "where", "message"),
    [
        ([{"kind": "call", "id": "a", "step": "s", "x": 1}], "body.0.call.x", "Extra inputs are not permitted"),
        ([{"kind": "call", "id": "a"}], "body.0.call.step", "Field required"),
        (
            [{"kind": "call", "id": "a", "step": "s", "policy": 3}],
            "body.0.call.policy",
            "dictionary or instance of Policy",
        ),
    ],
)
def test_json_is_read_in_the_words_for_json(body: Any, where: str, message: str) -> None:
    with pytest.raises(ValueError, match="validation error") as told:
        border.read(ir.Pipeline, {"name": "p", "body": body})
    assert border.first(told.value).startswith(f"{where}: ") and message in border.first(told.value)


def test_a_node_is_frozen_equal_by_its_fields_and_survives_copies() -> None:
    made = everything()
    for again in (copy.deepcopy(made), pickle.loads(pickle.dumps(made)), ir.Pipeline.from_json(made.to_json())):
        assert again == made and again is not made and again.digest() == made.digest()
    with pytest.raises(AttributeError):
        made.name = "other"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        del made.name
    assert not hasattr(made, "__dict__") and made != json.loads(made.to_json())
    assert hash(ir.Out(ref="a")) == hash(ir.Out(ref="a")) and hash(ir.Out(ref="b")) != hash(ir.Out(ref="a"))
    assert [one.name for one in dataclasses.fields(ir.Out)] == ["kind", "ref", "path"]


def test_a_copy_with_other_values_names_fields_that_are_there() -> None:
    call = ir.Call(id="a", step="s")
    assert replace(call, id="b") == ir.Call(id="b", step="s") and call.id == "a"
    with pytest.raises(TypeError, match="Call has no body"):
        replace(call, body=())  # type: ignore[call-arg]


def test_calls_of_which_nothing_is_said_share_their_policy() -> None:
    body = tuple(ir.Call(id=id, step="s") for id in "ab")
    read = ir.Pipeline.from_json(ir.Pipeline(name="p", body=body).to_json())
    first, second = read.body
    assert isinstance(first, ir.Call) and isinstance(second, ir.Call)
    assert first.policy is second.policy is ir.NOTHING_SAID


@pytest.mark.parametrize("indent", [0, 2, 4])
def test_the_text_is_that_of_json(indent: int) -> None:
    from pipeglot.core.written import text, written

    odd = {"a": [1, None, True, 0.1, 1e300, -0.0, [], {}, [[]], {"": {"\u2028": '\x00"\\é\ud800'}}], "b": 10**30}
    for value in (odd, everything()):
        assert text(value, indent) == json.dumps(written(value), indent=indent, ensure_ascii=False)
    with pytest.raises(ValueError, match="not JSON compliant"):
        text([float("nan")], indent)
