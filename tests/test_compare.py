"""`compare` finds each kind of difference alone, and none between equal runs."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from pipeglot.compare.model import Difference
from pipeglot.compare.records import compare
from pipeglot.compare.values import differing
from pipeglot.compare.weight import Flaky
from pipeglot.core.ir import Call, Each, Final, Inlined, Item, Out, ParamRef, Pipeline, Step
from pipeglot.core.record import CallRecord, Failure, Record

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def call(id: str, index: tuple[int, ...] = (), state: Any = "succeeded", **more: Any) -> CallRecord:
    fields: dict[str, Any] = {"attempts": 1, "started": NOON, "ended": NOON + timedelta(seconds=1), **more}
    return CallRecord(id=id, index=index, state=state, **fields)


def record(*calls: CallRecord, **more: Any) -> Record:
    return Record(pipeline="p", engine="e", engine_version="1", calls=calls, **{"state": "succeeded", **more})


BASE = record(call("a", output={"auc": 0.9, "names": ["x"]}), call("b", (1,), output=1), result=3)


def changed(**update: Any) -> Record:
    first = BASE.calls[0].model_copy(update=update)
    return BASE.model_copy(update={"calls": (first, BASE.calls[1])})


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (BASE.model_copy(update={"state": "failed"}), Difference(kind="run_state", old="succeeded", new="failed")),
        (BASE.model_copy(update={"result": 4}), Difference(kind="result", path="$", old=3, new=4)),
        (
            BASE.model_copy(update={"calls": BASE.calls[:1]}),
            Difference(kind="missing", call="b", index=(1,), old="succeeded", absent="new"),
        ),
        (record(*BASE.calls, call("c"), result=3), Difference(kind="extra", call="c", new="succeeded", absent="old")),
        (changed(state="failed", output=None), Difference(kind="state", call="a", old="succeeded", new="failed")),
        (changed(tolerated=True), Difference(kind="tolerated", call="a", old=False, new=True)),
        (changed(attempts=2), Difference(kind="attempts", call="a", old=1, new=2)),
        (
            changed(output={"auc": 0.91, "names": ["x"]}),
            Difference(kind="output", call="a", path="$.auc", old=0.9, new=0.91),
        ),
        (BASE.model_copy(update={"attempts": 3}), Difference(kind="attempts", old=1, new=3)),
        (
            BASE.model_copy(update={"calls": (*BASE.calls, BASE.calls[1])}),
            Difference(kind="repeated", call="b", index=(1,), old=1, new=2),
        ),
        (
            BASE.model_copy(update={"calls": (call("b", (1,), "failed", output=0), *BASE.calls)}),
            Difference(kind="repeated", call="b", index=(1,), old=1, new=2),
        ),
    ],
)
def test_each_difference_is_found_alone(new: Record, expected: Difference) -> None:
    assert compare(BASE, new) == [expected]


@pytest.mark.parametrize(
    "new",
    [
        BASE,
        BASE.model_copy(update={"engine": "other", "run_id": "r", "started": NOON, "notes": ("n",)}),
        BASE.model_copy(update={"calls": BASE.calls[::-1]}),
        changed(started=NOON - timedelta(hours=1), ended=NOON + timedelta(hours=1)),
        changed(observed=False, error=Failure(type="ValueError", message="m")),
        changed(output={"names": ["x"], "auc": 0.9 * (1 + 1e-12)}),
        changed(told="failed"),
        BASE.model_copy(update={"result_observed": True}),
    ],
)
def test_equivalent_runs_have_no_difference(new: Record) -> None:
    assert compare(BASE, new) == []


def test_what_the_final_was_told_is_compared_where_both_sides_show_it() -> None:
    old, new = changed(told="succeeded"), changed(told="failed")
    assert compare(old, new) == [Difference(kind="told", call="a", old="succeeded", new="failed")]
    assert compare(old, changed()) == compare(changed(), new) == []


TOLERATED: dict[str, Any] = {"state": "failed", "tolerated": True}


def test_what_stands_for_a_failure_is_compared_with_what_the_other_side_gave() -> None:
    old, new = record(call("a", output=1)), record(call("a", **TOLERATED, output=2))
    assert [one.kind for one in compare(old, new)] == ["state", "tolerated", "output"]
    assert [one.kind for one in compare(old, record(call("a", **TOLERATED, output=1)))] == ["state", "tolerated"]


def test_the_value_of_a_tolerated_failure_is_compared() -> None:
    old, new = (record(call("a", **TOLERATED, output=value)) for value in (7, 8))
    assert compare(old, new) == [Difference(kind="output", call="a", path="$", old=7, new=8)]
    assert compare(old, record(call("a", **TOLERATED))) == [], "it is not known"


def test_executions_are_a_multiset() -> None:
    first, second = (
        call("a", output=1),
        call("a", output=2, started=NOON + timedelta(seconds=5), ended=NOON + timedelta(hours=1)),
    )
    assert compare(record(first, second), record(second, first)) == []
    assert compare(record(first, second), record(first, second, first)) == [
        Difference(kind="repeated", call="a", old=2, new=3)
    ]
    third = call("a", output=3)
    assert compare(record(first, second), record(second, third)) == [
        Difference(kind="output", call="a", path="$", old=1, new=3)
    ]
    assert compare(record(first), record(third, second)) == [
        Difference(kind="repeated", call="a", old=1, new=2),
        Difference(kind="output", call="a", path="$", old=1, new=2),
    ]


def test_many_executions_of_one_instance_are_compared_in_linear_time() -> None:
    calls = [
        call("a", output=n, started=NOON + timedelta(seconds=n), ended=NOON + timedelta(days=1)) for n in range(3000)
    ]
    assert compare(record(*calls), record(*calls[::-1])) == []


def test_the_final_comes_after_everything() -> None:
    steps = (Step(name="f", run=Inlined(name="f")),)
    body = (Call(id="a", step="f"), Call(id="b", step="f"))
    pipeline = Pipeline(name="p", steps=steps, body=body, final=Final(call=Call(id="end", step="f")))

    def run(start: float) -> Record:
        begun = NOON + timedelta(seconds=start)
        late = call("b", started=NOON, ended=NOON + timedelta(seconds=9))
        return record(call("a"), late, call("end", started=begun, ended=begun + timedelta(seconds=1)))

    assert compare(run(9), run(10), pipeline) == []
    assert compare(run(9), run(5), pipeline) == [
        Difference(kind="order", call="end", path="b", old="kept", new="broken")
    ]


def test_more_instances_at_once_than_are_allowed_are_a_difference() -> None:
    steps = (Step(name="f", run=Inlined(name="f")),)
    loop = Each(id="loop", items=ParamRef(name="xs"), body=(Call(id="a", step="f"),), max_parallel=2)
    pipeline = Pipeline(name="p", steps=steps, body=(loop,))

    def run(apart: float) -> Record:
        starts = [NOON + timedelta(seconds=n * apart) for n in range(4)]
        return record(*(call("a", (n,), started=at, ended=at + timedelta(seconds=1)) for n, at in enumerate(starts)))

    assert compare(run(1), run(0.5), pipeline) == []
    assert compare(run(1), run(0.1), pipeline) == [Difference(kind="parallel", call="a", old=1, new=4)]


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        (1, 1.0, ["$"]),
        (1, True, ["$"]),
        (None, {}, ["$"]),
        ([1, 2], [1, 2, 3], ["$[2]"]),
        ({"a": {"b": 1}}, {"a": {}}, ["$.a.b"]),
        ({"a": 1, "b": 2}, {"b": 3, "c": 1}, ["$.a", "$.b", "$.c"]),
        (0.0, 5e-324, ["$"]),
        ([{"x": 0.1 + 0.2}], [{"x": 0.3}], []),
    ],
)
def test_values_differ_by_path(old: Any, new: Any, paths: list[str]) -> None:
    assert [path for path, _, _ in differing(old, new)] == paths


def test_order_is_checked_through_loops_and_per_item() -> None:
    steps = (Step(name="f", run=Inlined(name="f")),)
    loop = Each(
        id="loop",
        items=ParamRef(name="xs"),
        body=(
            Call(id="first", step="f", args={"x": Item(loop="loop")}),
            Call(id="second", step="f", args={"x": Out(ref="first")}),
        ),
    )
    pipeline = Pipeline(name="p", steps=steps, body=(loop, Call(id="end", step="f", after=("second",))))
    times = {"first": 0, "second": 1, "end": 2}

    def run(**starts: int) -> Record:
        calls = []
        for id, start in times.items():
            for index in [()] if id == "end" else [(0,), (1,)]:
                key = id + "".join(map(str, index))
                begin = NOON + timedelta(seconds=starts.get(key, start))
                calls.append(call(id, index, started=begin, ended=begin + timedelta(milliseconds=900)))
        return record(*calls)

    assert compare(run(), run(), pipeline) == []
    late = Difference(kind="order", call="second", index=(1,), path="first", old="kept", new="broken")
    assert compare(run(), run(second1=0, first0=0), pipeline) == [late]
    early = Difference(kind="order", call="end", path="second", old="broken", new="kept")
    assert compare(run(end=1), run(), pipeline) == [early]


def test_what_flickers_is_named_with_its_instance() -> None:
    flaky = Flaky(kind="run_state", old=("failed", "succeeded"), new=("failed", "failed"))
    assert str(flaky) == "flaky run state of the run: failed, succeeded on the old side; failed, failed on the new one"
    inner = flaky.model_copy(update={"kind": "attempts", "call": "train", "index": (1, 0)})
    assert str(inner).startswith("flaky attempts of train[1][0]: ")
