"""What is known of values before anything runs is found out once, and every backend prints the same by it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeglot import backends
from pipeglot.core.check import check
from pipeglot.core.dataclass import replace
from pipeglot.core.inference import Types
from pipeglot.core.ir import (
    Arm,
    Call,
    Collected,
    Compare,
    Const,
    Each,
    If,
    Inlined,
    Item,
    Merged,
    Out,
    Parameter,
    Pipeline,
    Schema,
    SourceFragment,
    Step,
)
from pipeglot.core.shape import Shape
from pipeglot.core.types import always_at, is_list, json_types, may_be_none

INT: Schema = {"type": "integer"}
TEXT: Schema = {"type": "string"}


def scored(**more: Schema) -> Schema:
    properties = {"score": {"type": "number"}, **more}
    return {"type": "object", "properties": properties, "required": list(properties)}


def step(name: str, returns: Schema, *parameters: Parameter) -> tuple[Step, SourceFragment]:
    text = f"def {name}({', '.join(one.name for one in parameters)}): ..."
    chunk = SourceFragment(kind="function", names=(name,), text=text)
    return Step(name=name, run=Inlined(name=name), parameters=parameters, returns=returns), chunk


MADE = [
    step("judge", {"anyOf": [scored(), scored(reason=TEXT)]}),
    step("rows", {"anyOf": [{"type": "array", "items": INT}, {"type": "array", "items": TEXT}]}),
    step("use", INT, Parameter(name="x")),
]
GOOD = Compare(op=">", left=Out(ref="judge", path=("score",)), right=Const(value=0.5))
BRANCH = If(id="if_use", arms=(Arm(when=GOOD, body=(Call(id="good", step="use", args={"x": Const(value=1)}),)),))
LOOP = Each(id="each_row", items=Out(ref="rows"), body=(Call(id="one", step="use", args={"x": Item(loop="each_row")}),))
ALTERNATIVES = Pipeline(
    name="alternatives",
    code=tuple(code for _, code in MADE),
    steps=tuple(made for made, _ in MADE),
    body=(Call(id="judge", step="judge"), BRANCH, Call(id="rows", step="rows"), LOOP),
)


@pytest.mark.parametrize("target", backends.targets())
def test_what_all_alternatives_of_a_type_have_needs_no_task_to_find_out(target: str) -> None:
    """Both results have a score, and both kinds of rows are lists: nothing but the author's calls is a task."""
    assert not check(ALTERNATIVES)
    made = backends.compile(ALTERNATIVES, target)
    text = "".join(made.files.values())
    extra = ("def if_use_arm(", "def each_row_items(", "decide-if-use", "items-each-row")
    assert not [name for name in extra if name in text]


@pytest.mark.parametrize(
    ("schema", "path", "there"),
    [
        (scored(), ("score",), True),
        (scored(), ("reason",), False),
        ({"anyOf": [scored(), scored(reason=TEXT)]}, ("score",), True),
        ({"anyOf": [scored(), scored(reason=TEXT)]}, ("reason",), False),
        ({"anyOf": [scored(), {"type": "null"}]}, ("score",), False),
        ({"type": "object", "properties": {"score": INT}}, ("score",), False),
        ({"type": "object", "additionalProperties": INT}, ("score",), False),
        ({"$ref": "#/$defs/S", "$defs": {"S": scored(row={"$ref": "#/$defs/S"})}}, ("row", "row", "score"), True),
        ({"type": "array", "prefixItems": [INT, scored()], "minItems": 2, "maxItems": 2}, (1, "score"), True),
        ({"type": "array", "prefixItems": [INT, INT], "minItems": 2, "maxItems": 2}, (2,), False),
        ({"type": "array", "items": INT, "minItems": 1}, (-1,), True),
        ({"type": "array", "items": INT}, (0,), False),
        (TEXT, (0,), False),
        ({}, ("score",), False),
        ({}, (), True),
    ],
)
def test_a_path_cannot_fail_where_every_value_of_the_type_has_it(
    schema: Schema, path: tuple[str | int, ...], there: bool
) -> None:
    assert always_at(schema, path) is there


def test_types_of_values_follow_from_those_of_the_steps() -> None:
    """Merged and collected values and items that declare no type have the one of what they are made of."""
    inner = Call(id="one", step="use", args={"x": Item(loop="e")})
    loop = Each(id="e", items=Out(ref="rows"), body=(inner,), collected=(Collected(id="all", value=Out(ref="one")),))
    arms = (Arm(when=GOOD), Arm())
    branch = If(id="i", arms=arms, merged=(Merged(id="m", values=(Out(ref="all"), Const(value="none"))),))
    body = (Call(id="judge", step="judge"), Call(id="rows", step="rows"), loop, branch)
    types = Types(Shape(replace(ALTERNATIVES, body=body)))
    assert json_types(types.of(Item(loop="e"))) == {"integer", "string"}
    assert types.of(Out(ref="all")) == {"type": "array", "items": INT} and types.is_list(Out(ref="all"))
    assert json_types(types.of(Out(ref="m"))) == {"array", "string"} and not types.is_list(Out(ref="m"))
    assert types.is_decided(loop) and types.is_decided(branch)
    assert not types.is_decided(Each(id="x", items=Out(ref="m"), body=()))
    missing = replace(GOOD, left=Out(ref="judge", path=("reason",)))
    assert not types.cannot_fail(missing) and not types.is_decided(If(id="x", arms=(Arm(when=missing),)))


def test_json_types_say_what_may_be_none_and_what_is_a_list() -> None:
    assert may_be_none({}) and may_be_none({"anyOf": [INT, {"type": "null"}]}) and may_be_none({"enum": [1, None]})
    assert not may_be_none(INT) and not may_be_none({"enum": [1, 2]})
    lists: list[Any] = [{"type": "array"}, {"enum": [[1]]}, {"anyOf": [{"type": "array"}, {"const": []}]}]
    assert all(map(is_list, lists)), json.dumps(lists)
    assert not is_list({}) and not is_list({"anyOf": [{"type": "array"}, INT]})
