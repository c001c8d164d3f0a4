"""Every mistake an author makes stops the trace at the author's line, with the code and the way out.

PYTEST_DONT_REWRITE: an assert is one of the mistakes.
"""

from __future__ import annotations

import copy
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from typing_extensions import TypedDict

from pipeglot import (
    AuthoringError,
    all_,
    collect,
    continue_,
    each,
    elsewhen,
    finally_,
    is_in,
    merge,
    otherwise,
    pipeline,
    run,
    step,
    when,
)


class Verdict(TypedDict):
    auc: float
    better: bool


@dataclass
class Variant:
    name: str
    depth: int = 3


@dataclass
class Model:
    uri: str
    auc: float


@step
def ingest(day: date) -> str:
    return f"{day}"


@step
def train(data: str, variant: Variant) -> Model:
    return Model(data, variant.depth)


@step
def best_of(models: list[Model], margin: float) -> tuple[Model, Verdict]:
    return models[0], {"auc": margin, "better": True}


@step
def score(model: Model) -> float:
    return model.auc


@step
def names() -> list[str]:
    return []


@step
def keep() -> str:
    return "v0"


@step
def notify(text: str) -> None:
    return None


@step
def register(model: Model) -> str:
    return model.uri


@step
def config() -> dict[str, float]:
    return {}


MODEL = Model("m", 0.5)


# Each function is one mistake, on the line marked `# <- CODE`.


def plain_if() -> None:
    if score(MODEL) > 0.5:  # <- PG101 with when
        keep()


def plain_and() -> None:
    score(MODEL) > 0.5 and score(MODEL) > 0.6  # <- PG101 all_


def plain_or() -> None:
    score(MODEL) > 0.5 or score(MODEL) > 0.6  # <- PG101 any_


def plain_not() -> None:
    not score(MODEL)  # <- PG101 not_


def chained() -> None:
    0.1 < score(MODEL) < 0.5  # <- PG101 all_


def contained() -> None:
    keep() in ("a", "b")  # <- PG101 is_in


def loop() -> None:
    for name in names():  # <- PG101 with each
        notify(name)


def comprehension() -> None:
    [notify(name) for name in names()]  # <- PG101 with each


def while_loop() -> None:
    while score(MODEL) > 0.5:  # <- PG101 inside a step
        keep()


def ternary() -> None:
    notify("a" if keep() == "b" else "c")  # <- PG101 merge


def asserted() -> None:
    assert keep() == "b"  # <- PG101 inside a step


def wrong_constant() -> None:
    train(123, Variant("a"))  # type: ignore[arg-type]  # <- PG112 data takes str


def policy_as_argument() -> None:
    train("d", Variant("a"), retries=3)  # type: ignore[call-arg]  # <- PG112 .options


def missing_argument() -> None:
    train("d")  # type: ignore[call-arg]  # <- PG112 variant


def wrong_value() -> None:
    notify(score(MODEL))  # type: ignore[arg-type]  # <- PG112 text takes str


def list_for_text() -> None:
    notify(names())  # type: ignore[arg-type]  # <- PG112 text takes str


def method() -> None:
    keep().upper()  # <- PG106 inside a step


def arithmetic() -> None:
    score(MODEL) + 1  # <- PG102 inside a step


def concatenation() -> None:
    notify(keep() + "/sub")  # <- PG102 f-string


def format_spec() -> None:
    notify(f"{score(MODEL):.2f}")  # <- PG103 inside a step


def sliced_text() -> None:
    notify(f"{keep()}"[3:])  # <- PG103 inside a step


def upper_text() -> None:
    text = f"{keep()} x".replace("x", "y").strip().upper()  # <- PG103 inside a step
    del text


def item_typo() -> None:
    _, verdict = best_of([], 0.1)
    verdict["aucc"]  # type: ignore[misc]  # <- PG105 auc, better


def attribute_typo() -> None:
    train("a", Variant("a")).acc  # type: ignore[attr-defined]  # <- PG105 uri, auc


def item_of_a_dataclass() -> None:
    train("a", Variant("a"))["auc"]  # type: ignore[index]  # <- PG105 .name


def assignment() -> None:
    model = train("a", Variant("a"))
    model.auc = 1.0  # <- PG104 return a new value


def item_outside_its_loop() -> None:
    with each(names()) as name:
        notify.options(id="inside")(name)
    notify(name)  # <- PG110 collect


def arm_value_outside() -> None:
    with when(run.run_id == "a"):
        version = keep()
    notify(version)  # <- PG110 merge


def separated_otherwise() -> None:
    with when(run.run_id == "a"):
        keep()
    keep.options(id="between")()
    with otherwise():  # <- PG120 directly
        keep.options(id="other")()


def elsewhen_after_otherwise() -> None:
    with when(run.run_id == "a"):
        keep()
    with otherwise():
        keep.options(id="other")()
    with elsewhen(run.run_id == "b"):  # <- PG120 directly
        keep.options(id="third")()


def when_of_a_list() -> None:
    with when(names()):  # type: ignore[arg-type]  # <- PG121 compare
        keep()


def is_none() -> None:
    model = keep()
    if model is None:  # <- PG101 return a bool
        notify("silent")  # type: ignore[unreachable]


def is_instance() -> None:
    model = keep()
    with when(isinstance(model, str)):  # <- PG101 return a bool
        keep.options(id="other")()


def not_called() -> None:
    notify(keep)  # type: ignore[arg-type]  # <- PG111 keep(...)


def length() -> None:
    len(names())  # <- PG102 inside a step


def as_key() -> None:
    {keep(): 1}  # <- PG102 inside a step


def as_integer() -> None:
    int(score(MODEL))  # <- PG102 inside a step


def minimum() -> None:
    min(score(MODEL), 0.5)  # <- PG101


def to_json() -> None:
    json.dumps(keep())  # <- PG102 inside a step


def copied() -> None:
    copy.deepcopy(keep())  # <- PG102 inside a step


def unknown_fact() -> None:
    notify(run.today)  # type: ignore[attr-defined]  # <- PG107 day


def nested_loop_value() -> None:
    with each(names()) as name:
        kept = keep()
        notify(name)
    with each(kept) as letter:  # <- PG110 collect
        notify.options(id="other")(letter)


def merge_without_otherwise() -> None:
    with when(run.run_id == "a"):
        a = keep()
    merge(a, "none")  # <- PG122 otherwise


def merge_too_few() -> None:
    with when(run.run_id == "a"):
        keep()
    with otherwise():
        b = keep.options(id="b")()
    merge(b)  # <- PG122 2 arms


def merge_in_the_wrong_order() -> None:
    with when(run.run_id == "a"):
        a = keep()
    with otherwise():
        b = keep.options(id="b")()
    merge(b, a)  # <- PG123 order


def collect_of_nothing() -> None:
    collect(keep())  # <- PG124 each()


def taken_id() -> None:
    keep()
    keep.options(id="keep")()  # <- PG125 own


def bad_duration() -> None:
    keep.options(timeout="soon")()  # <- PG126 5m


def negative_retries() -> None:
    keep.options(retries=-1)()  # <- PG126 retries


def after_nothing() -> None:
    keep.options(after=["keep"])()  # <- PG127 nothing to wait for


def each_of_text() -> None:
    with each(keep()) as letter:  # <- PG128 list
        notify(letter)


def two_finals() -> None:
    with finally_():
        keep()
    with finally_():  # <- PG129 one call
        keep.options(id="other")()


def final_of_two_calls() -> None:
    with finally_():  # <- PG129 one call
        keep()
        keep.options(id="other")()


def raises() -> None:
    raise KeyError("author's own")  # <- PG130 puts steps together


def not_json() -> None:
    notify(object())  # type: ignore[arg-type]  # <- PG113 inside a step


def too_large() -> None:
    notify(2**60)  # type: ignore[arg-type]  # <- PG113 text


def tolerated_nonsense() -> None:
    keep.options(on_failure=continue_(default={1, object()}))()  # <- PG113 inside a step


def options_list() -> None:
    with when(is_in(keep(), [object()])):  # <- PG113 inside a step
        notify("x")


def all_of_numbers() -> None:
    with when(all_(score(MODEL), True)):  # type: ignore[arg-type]  # <- PG121 compare
        notify("x")


MISTAKES = [
    value
    for value in list(globals().values())
    if inspect.isfunction(value) and "# <- PG" in inspect.getsource(value) and value.__module__ == __name__
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda fn: fn.__name__)
def test_a_mistake_is_named_at_its_line(mistake: Callable[[], Any]) -> None:
    lines, first = inspect.getsourcelines(mistake)
    (marked,) = [(n, line.split("# <- ")[1].strip()) for n, line in enumerate(lines, first) if "# <- " in line]
    code, _, words = marked[1].partition(" ")
    with pytest.raises(AuthoringError) as caught:
        pipeline(mistake).ir()
    found = caught.value.diagnostics[0]
    assert found.at is not None
    assert (found.code, found.at.line, found.at.file) == (code, marked[0], "test_author_mistakes.py")
    assert words in f"{found.message} {found.help}"
    assert "\n" not in found.message


def test_a_call_outside_a_pipeline_is_an_error_only_for_pipelines() -> None:
    assert ingest(date(2026, 1, 2)) == "2026-01-02"

    @pipeline
    def made() -> str:
        return keep()

    with pytest.raises(AuthoringError, match=r"PG131.*outside a pipeline") as caught:
        made()
    assert "made.run" in caught.value.diagnostics[0].help


def test_a_pipeline_that_includes_itself_is_named() -> None:
    @pipeline
    def again() -> str:
        return again()

    with pytest.raises(AuthoringError, match="again -> again"):
        again.ir()
