"""Every mistake an author makes stops the trace at the author's line, with the code and the way out.

PYTEST_DONT_REWRITE: an assert is one of the mistakes.
"""

from __future__ import annotations

import copy
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel
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


@step
def mode() -> Literal["fast", "exact"]:
    return "fast"


@step
def price() -> Decimal:
    return Decimal(1)


@step
def anything(value: object) -> None:
    return None


@step
def ingest_text(text: str) -> str:
    return text


class Report(BaseModel):
    name: str


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
    notify(run.today)  # type: ignore[attr-defined]  # <- PG184 day


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
    with each(keep()) as letter:  # <- PG182 list
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


def unlike() -> None:
    score(MODEL) == "high"  # type: ignore[comparison-overlap]  # <- PG116 return a bool


def ordered_bools() -> None:
    _, verdict = best_of([], 0.1)
    verdict["better"] > False  # <- PG116 bool


def compared_with_none() -> None:
    keep() == None  # noqa: E711  # <- PG116 None


def compared_records() -> None:
    train("a", Variant("a")) == MODEL  # <- PG116 no scalar


def never_that() -> None:
    mode() == "slow"  # type: ignore[comparison-overlap]  # <- PG116 'fast', 'exact'


def naive_instant() -> None:
    run.logical_date > datetime(2026, 1, 1)  # <- PG116 time zone


def decimals() -> None:
    price() > 3  # <- PG116 text


def traced_options() -> None:
    is_in("a", names())  # <- PG116 any_


def options_of_another_kind() -> None:
    is_in(score(MODEL), ["a"])  # <- PG116 text


def repr_text() -> None:
    notify(f"{keep()!r}")  # <- PG103 !r


def upper_text_used() -> None:
    notify(f"{keep()}".upper())  # <- PG103 inside a step


def text_used_and_cut() -> None:
    text = f"{keep()}"
    notify(text)
    notify.options(id="cut")(text[1:])  # <- PG103 inside a step


def text_used_and_compared() -> None:
    text = f"{keep()}"
    notify(text)
    text == "a"  # <- PG103 return a bool


def printed() -> None:
    _ = f"{keep()}"  # <- PG103 print text inside a step


def type_of() -> None:
    model = keep()
    type(model)  # <- PG101 return a bool


def matched() -> None:
    match keep():
        case "a":  # <- PG101
            notify("a")


def any_of() -> None:
    any([score(MODEL) > 0.5])  # <- PG101


def unpacked_list() -> None:
    _first, *_rest = names()  # <- PG101 with each


def negative_index() -> None:
    names()[-1]  # <- PG105 inside a step


def at_a_value() -> None:
    config()[keep()]  # <- PG102 inside a step


def deleted() -> None:
    del config()["a"]  # <- PG104 return a new value


def set_fact() -> None:
    run.run_id = "a"  # <- PG104 parameter


def as_path() -> None:
    Path(keep())  # <- PG102 inside a step


def in_a_model() -> None:
    Report(name=keep())  # <- PG102 inside a step


def a_set() -> None:
    anything({1, 2})  # <- PG113 sorted


def infinite() -> None:
    anything(float("inf"))  # <- PG113 inside a step


def surrogate() -> None:
    notify("\ud800")  # <- PG113 surrogates


def outcome_outside() -> None:
    with finally_() as outcome:
        keep()
    notify(outcome.state)  # <- PG110 finally_()


def outcome_typo() -> None:
    with finally_() as outcome:
        notify(outcome.status)  # type: ignore[attr-defined]  # <- PG184 state


def block_not_entered() -> None:
    when(score(MODEL) > 0.5)  # <- PG117 with when(...)


def block_entered_twice() -> None:
    gate = when(score(MODEL) > 0.5)
    with gate:
        keep()
    with gate:  # <- PG117 another
        notify("a")


def for_each() -> None:
    for _ in each(names()):  # type: ignore[attr-defined]  # <- PG117 with each(...)
        keep()


def elsewhen_that_calls() -> None:
    with when(score(MODEL) > 0.5):
        keep()
    with elsewhen(score(MODEL) > 0.1):  # <- PG120 before the when()
        notify("a")


def merge_of_an_inner_arm() -> None:
    with when(run.run_id == "a"):
        a = keep()
    with otherwise():
        with when(run.run_id == "b"):
            b = keep.options(id="b")()
        with otherwise():
            notify("c")
    merge(a, b)  # <- PG123 inside arm 2


def merge_of_a_loop() -> None:
    with each(names()) as name:
        a = ingest_text(name)
    with when(run.run_id == "a"):
        b = keep()
    with otherwise():
        notify("a")
    merge(a, b)  # <- PG123 collect


def merge_inside_an_arm() -> None:
    with when(run.run_id == "a"):
        a = keep()
    with otherwise():
        merge(a, "none")  # <- PG122 after the last arm


def collect_of_an_arm() -> None:
    with each(names()) as name:
        with when(run.run_id == "a"):
            a = ingest_text(name)
        with otherwise():
            notify("a")
    collect(a)  # <- PG124 merge


def collect_of_an_inner_loop() -> None:
    with each(names()) as name, each([name]) as inner:
        a = ingest_text(inner)
    collect(a)  # <- PG124 inner loop


def each_with_no_body() -> None:
    each(names(), 5)  # type: ignore[call-overload]  # <- PG182 lambda


def nobody_at_once() -> None:
    with each(names(), max_parallel=0) as name:  # <- PG126 from 1
        notify(name)


def empty_final() -> None:
    with finally_():  # <- PG129 no call
        pass


def empty_id() -> None:
    keep.options(id="")()  # <- PG125 1 to 200


def misspelt_tolerance() -> None:
    keep.options(on_failure="continue")()  # type: ignore[arg-type]  # <- PG126 continue_(


def after_a_fact() -> None:
    keep.options(after=[run.day])()  # <- PG127 run.day


def exits() -> None:
    raise SystemExit(3)  # <- PG130 SystemExit


def returns_a_function() -> Any:
    return keep  # <- PG111 keep(...)


def returns_another_type() -> int:
    return keep()  # type: ignore[return-value]  # <- PG135 int


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
