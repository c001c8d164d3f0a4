"""Functions that can be no step or pipeline, and settings that are invalid, are refused where they stand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Annotated, Any

import pytest

from pipeglot import AuthoringError, Cron, Every, Param, each, pipeline, run, shell, step, when
from pipeglot.core.diagnostic import Diagnostic

if TYPE_CHECKING:
    from decimal import Decimal


@step
def many(*values: str) -> None:
    return None


@step
def anything_named(**values: str) -> None:
    return None


@step
def by_place(value: str = "", /) -> None:
    return None


@step
async def later() -> None:
    return None


@step
def one_by_one() -> Iterator[int]:
    yield 1


@step
async def later_one_by_one() -> AsyncIterator[int]:
    yield 1


@step
def imported_for_checkers(value: Decimal | None = None) -> None:
    return None


@step
def gives_an_object() -> threading.Thread:  # type: ignore[name-defined]  # noqa: F821
    return None


class Plain:
    """No dataclass."""


@step
def takes_an_object(value: Plain | None = None) -> None:
    return None


@step
def asks(value: str) -> bool:
    return bool(value)


def asked(value: str) -> bool:
    return isinstance(value, str)


def refused(fn: Callable[..., Any], **settings: Any) -> Diagnostic:
    with pytest.raises(AuthoringError) as caught:
        pipeline(fn, **settings).ir()
    found = caught.value.diagnostics[0]
    assert found.at is not None and found.at.file == "test_author_declared.py"
    return found


@pytest.mark.parametrize(
    ("declared", "code", "said"),
    [
        (many, "PG114", "*values"),
        (anything_named, "PG114", "**values"),
        (by_place, "PG114", "/ after value"),
        (later, "PG114", "async"),
        (one_by_one, "PG114", "generator"),
        (later_one_by_one, "PG114", "async"),
        (imported_for_checkers, "PG115", "TYPE_CHECKING"),
        (gives_an_object, "PG115", "threading"),
        (takes_an_object, "PG115", "Plain"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_function_that_can_be_no_step_is_refused_at_its_definition(declared: Any, code: str, said: str) -> None:
    def made() -> None:
        declared()

    found = refused(made)
    assert (found.code, found.at and found.at.line) == (code, declared.fn.__code__.co_firstlineno)
    assert said in f"{found.message} {found.help}"


def test_what_a_helper_of_the_author_does_is_placed_in_the_helper() -> None:
    def made() -> None:
        asked(asks("a"))  # type: ignore[arg-type]

    found = refused(made)
    assert (found.code, found.at and found.at.line) == ("PG101", asked.__code__.co_firstlineno + 1)


def test_several_steps_are_refused_at_once() -> None:
    def made() -> None:
        asks("a")
        imported_for_checkers.options(id="x")
        local("a")

    @step
    def local(value: str) -> None:
        return None

    @step
    def other(value: str) -> None:
        print(local)

    def both() -> None:
        local("a")
        other("b")

    with pytest.raises(AuthoringError) as caught:
        pipeline(both).ir()
    assert [found.code for found in caught.value.diagnostics] == ["PG152", "PG153"]
    assert refused(made).code == "PG152"


@pytest.mark.parametrize(
    ("settings", "code", "said"),
    [
        ({"schedule": "0 2 * * *"}, "PG133", "Cron("),
        ({"schedule": Every("10s")}, "PG133", "60"),
        ({"schedule": Every("often")}, "PG133", "often"),
        ({"start": datetime(2026, 1, 1, tzinfo=timezone.utc)}, "PG133", "schedule=Cron"),
        ({"catch_up": True}, "PG133", "without a schedule"),
        ({"schedule": Cron("0 2 * * *"), "start": "soon"}, "PG133", "soon"),
        ({"schedule": Cron("0 2 * * *", tz="Mars/One"), "start": "2026-01-01"}, "PG133", "Mars/One"),
        ({"run_timeout": "soon"}, "PG126", "5m"),
        ({"max_active_runs": 0}, "PG133", "max_active_runs"),
        ({"tags": "ml"}, "PG133", 'tags=["..."]'),
        ({"options": {"pool": 1}}, "PG133", "by target"),
        ({"owners": "risk"}, "PG133", "owners"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_settings_that_make_no_sense(settings: dict[str, Any], code: str, said: str) -> None:
    def made() -> None:
        asks("a")

    found = refused(made, **settings)
    assert (found.code, found.at and found.at.line) == (code, made.__code__.co_firstlineno)
    assert said in f"{found.message} {found.help}"


def test_params_that_contradict_themselves() -> None:
    def below(margin: Annotated[float, Param(ge=0)] = -1.0) -> None:
        asks("a")

    def no_number(name: Annotated[str, Param(ge=0)] = "a") -> None:
        asks(name)

    def another_type(count: int = "a") -> None:  # type: ignore[assignment]
        asks("a")

    def no_choice(size: Annotated[int, Param(choices=[1, 2])] = 3) -> None:
        asks("a")

    for made, said in (
        (below, "below 0"),
        (no_number, "not a number"),
        (another_type, "integer"),
        (no_choice, "one of 1, 2"),
    ):
        found = refused(made)
        assert found.code == "PG185" and said in found.message


def test_declarations_are_refused_at_once() -> None:
    with pytest.raises(AuthoringError, match=r"PG126 there is no policy 'retires'"):
        step(asks.fn, retires=2)  # type: ignore[call-overload]
    with pytest.raises(AuthoringError, match="PG126"):
        shell("true", timeout="soon")(asked)
    with pytest.raises(AuthoringError, match="PG114"):
        step(Plain)


def test_what_needs_a_pipeline_says_so() -> None:
    for use in (lambda: run.day, lambda: each(["a"]), lambda: when(True).__enter__()):
        with pytest.raises(AuthoringError, match=r"PG100 .* only inside a function decorated with @pipeline"):
            use()
