"""`compare` finds each kind of difference alone, and none between equal runs."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from pipeglot.core.ir import Call, Each, Inlined, Item, Out, ParamRef, Pipeline, Step
from pipeglot.core.record import CallRecord, Failure, Record
from pipeglot.migrate.compare import compare
from pipeglot.migrate.model import Difference
from pipeglot.migrate.values import differing

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
    ],
)
def test_equivalent_runs_have_no_difference(new: Record) -> None:
    assert compare(BASE, new) == []


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
