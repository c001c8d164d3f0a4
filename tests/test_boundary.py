"""What crosses between calls is JSON, built and checked by the step's annotations."""

from __future__ import annotations

import enum
import gc
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter

from pipeglot.core.ir import Call, Const, Inlined, Parameter, Pipeline, SourceFragment, Step
from pipeglot.meaning import boundary
from pipeglot.meaning.boundary import json_io
from pipeglot.meaning.commands import run_command
from pipeglot.meaning.functions import loaded
from pipeglot.meaning.words import shell_words


class Colour(enum.Enum):
    RED = "red"


@dataclass
class Model:
    made: date
    colour: Colour = Colour.RED


def build(day: date, model: Model, colour: Colour) -> tuple[Model, Colour, date]:
    assert [type(day), type(model), type(colour)] == [date, Model, Colour]
    return model, colour, day


def test_arguments_are_built_and_results_written_by_annotations() -> None:
    given = {"day": "2026-01-02", "model": {"made": "2026-01-03"}, "colour": "red"}
    assert json_io(build)(**given) == [{"made": "2026-01-03", "colour": "red"}, "red", "2026-01-02"]


def returns(value: Any) -> Callable[..., Any]:
    def step() -> Any:
        return value

    return step


def as_int() -> int:
    return "3"  # type: ignore[return-value]


def as_float() -> float:
    return 3


@pytest.mark.parametrize(
    "value", [float("nan"), [float("inf")], 2**53 + 1, {"k": -(2**60)}, object(), "\ud800", {"\ud800": 1}]
)
def test_what_is_not_json_fails_the_attempt(value: object) -> None:
    with pytest.raises(ValueError):
        json_io(returns(value))()


def test_results_keep_to_their_annotation() -> None:
    with pytest.raises(ValueError, match="valid integer"):
        json_io(as_int)()
    assert repr(json_io(as_float)()) == "3.0"


@pytest.mark.parametrize("given", [{"x": 1.5}, {"x": "1"}, {"x": True}, {"x": None}])
def test_arguments_are_not_coerced(given: dict[str, Any]) -> None:
    def step(x: int) -> int:
        return x

    with pytest.raises(ValueError):
        json_io(step)(**given)


def test_a_step_gets_its_own_copy() -> None:
    shared = {"k": [1]}

    def step(value: dict[str, list[int]]) -> None:
        value["k"].append(2)

    json_io(step)(value=shared)
    assert shared == {"k": [1]}


def test_adapters_are_made_once_for_a_function_however_often_it_is_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    def counted(hint: Any) -> TypeAdapter[Any]:
        made.append(hint)
        return TypeAdapter(hint)

    def step(model: Model, more: int = 0, bare=None) -> list[Model]:  # type: ignore[no-untyped-def]
        return [model] * more

    monkeypatch.setattr(boundary, "TypeAdapter", counted)
    for _ in range(50):
        assert json_io(step)(model={"made": "2026-01-03"}, more=2)[1]["colour"] == "red"
        json_io(step)(model={"made": "2026-01-03"})
    assert sorted(map(str, made)) == sorted(map(str, [Model, int, list[Model]]))
    for _ in range(50):
        json_io(step)(model={"made": "2026-01-03"}, bare=1)  # what has no annotation is known by being given
    assert len(made) == 7 and made.count(Any) == 1


def test_a_run_keeps_nothing_of_its_steps() -> None:
    code = SourceFragment(kind="function", names=("add",), text="def add(x: int) -> int:\n    return x + 1")
    step = Step(name="add", run=Inlined(name="add"), parameters=(Parameter(name="x"),))
    call = Call(id="add", step="add", args={"x": Const(value=1)})
    with loaded(Pipeline(name="kept", code=(code,), steps=(step,), body=(call,))) as functions:
        assert functions["add"](x=1) == 2
        function = weakref.ref(functions["add"].__wrapped__)  # type: ignore[attr-defined]
        del functions
    gc.collect()
    assert function() is None


def test_a_command_gets_arguments_as_environment_and_gives_its_last_line() -> None:
    script = 'echo first; printf "%s %s\\n" "$text" "$data"'
    assert (
        run_command(shell_words(script), {"text": "it's {{ x }}", "data": {"a": [1, None]}})
        == 'it\'s {{ x }} {"a": [1, null]}'
    )
    assert run_command(shell_words("true"), {}) == ""
