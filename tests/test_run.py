"""The reference run keeps every sentence of docs/language.md."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from pipeglot.core.check import check
from pipeglot.core.diagnostic import AuthoringError, EngineError
from pipeglot.core.ir import (
    All,
    Any_,
    AnyNode,
    Call,
    Compare,
    Const,
    Container,
    ContextName,
    Continue,
    Cron,
    Ctx,
    DictOf,
    Final,
    Group,
    Imported,
    Include,
    Inlined,
    IsIn,
    ListOf,
    Not,
    Out,
    Param,
    Parameter,
    ParamRef,
    Pipeline,
    Policy,
    Retry,
    Schedule,
    Shell,
    SourceFragment,
    Step,
    Text,
)
from pipeglot.core.record import Record
from pipeglot.meaning.run import Event, Interrupted, execute
from tests.build import STEPS, call, each, item, less, pipeline, spell, states, value, when
from tests.operations import grows_in_proportion

TOLERATE = Policy(on_failure=Continue(default=7))
YES, NO = less(0, 1), less(1, 0)

# One entry per sentence: the pipeline, the states of its calls, the state of the run and the result.
MEANING: dict[str, tuple[Pipeline, str, str, Any]] = {
    # ---- states
    "a value arrives": (
        pipeline(call("a", x=3), call("b", x="$a"), result="$b"),
        "a ok, b ok",
        "succeeded",
        3,
    ),
    "failed blocks, independent calls go on": (
        pipeline(call("a", "bad"), call("b", x="$a"), call("c", x="$b"), call("d"), result="$c"),
        "a failed, b blocked, c blocked, d ok",
        "failed",
        None,
    ),
    "after blocks without a value": (
        pipeline(call("a", "bad"), call("b", after=("a",))),
        "a failed, b blocked",
        "failed",
        None,
    ),
    "a text or list has the state of all in it": (
        pipeline(
            call("a", "bad"),
            call("b"),
            call("c", "give", x=Text(parts=(Out(ref="b"), Out(ref="a")))),
            call("d", "give", x=DictOf(items=(("k", ListOf(items=(Out(ref="a"),))),))),
        ),
        "a failed, b ok, c blocked, d blocked",
        "failed",
        None,
    ),
    "a tolerated failure counts as succeeded and has the default": (
        pipeline(call("a", "bad", policy=TOLERATE), call("b", x="$a"), call("c", after=("a",)), result="$b"),
        "a failed~, b ok, c ok",
        "succeeded",
        7,
    ),
    "tolerance does not rescue blocked": (
        pipeline(call("a", "bad"), call("b", x="$a", policy=TOLERATE), call("c", x="$b")),
        "a failed, b blocked, c blocked",
        "failed",
        None,
    ),
    # ---- an If
    "the first arm whose condition holds": (
        pipeline(
            when(
                "i",
                (NO, [call("a", x=1)]),
                (YES, [call("b", x=2)]),
                (YES, [call("c")]),
                (None, [call("d")]),
                m=["$a", "$b", "$c", "$d"],
            ),
            result="$m",
        ),
        "a skipped, b ok, c skipped, d skipped",
        "succeeded",
        2,
    ),
    "no arm taken": (
        pipeline(when("i", (NO, [call("a")])), call("b", after=("i",)), call("c", after=("a",))),
        "a skipped, b ok, c ok",
        "succeeded",
        None,
    ),
    "an empty arm, merging constants": (
        pipeline(when("i", (NO, [call("a")]), (None, []), m=["$a", 5]), call("b", x="$m"), result="$b"),
        "a skipped, b ok",
        "succeeded",
        5,
    ),
    "conditions are evaluated only until one holds": (
        pipeline(
            call("n", "give", x=None),
            when("i", (YES, [call("a")]), (less("$n", 1), [call("b")])),
        ),
        "n ok, a ok, b skipped",
        "succeeded",
        None,
    ),
    "arms not taken stay skipped whatever fails": (
        pipeline(when("i", (YES, [call("a", "bad")]), (None, [call("b"), call("c", x="$b")]))),
        "a failed, b skipped, c skipped",
        "failed",
        None,
    ),
    "all that a region takes must have succeeded before it is entered": (
        pipeline(call("a", "bad"), when("i", (YES, [call("b")]), (None, [call("c", x="$a")]))),
        "a failed, b blocked, c blocked",
        "failed",
        None,
    ),
    "so must what is only merged": (
        pipeline(call("a", "bad"), when("i", (YES, [call("b")]), (None, []), m=["$b", "$a"]), call("c", x="$m")),
        "a failed, b blocked, c blocked",
        "failed",
        None,
    ),
    "and what comes from deeper inside": (
        pipeline(
            call("a", "bad"),
            when("i", (YES, [call("b")]), (None, [each("e", [1], call("c", after=("a",)))])),
        ),
        "a failed, b blocked, c blocked",
        "failed",
        None,
    ),
    "a region's own after": (
        pipeline(call("a", "bad"), when("i", (YES, [call("b")]), after=("a",))),
        "a failed, b blocked",
        "failed",
        None,
    ),
    "a merged value waits only for what the taken arm made it of": (
        pipeline(
            when("i", (YES, [call("a"), call("b", "bad")]), (None, []), m=["$a", 1]),
            call("c", x="$m"),
            call("d", after=("m",)),
            call("e", after=("i",)),
        ),
        "a ok, b failed, c ok, d blocked, e blocked",
        "failed",
        None,
    ),
    "a merged value of a failed call blocks": (
        pipeline(when("i", (YES, [call("a", "bad")]), (None, []), m=["$a", 1]), call("c", x="$m")),
        "a failed, c blocked",
        "failed",
        None,
    ),
    "merges of merges": (
        pipeline(
            when(
                "i",
                (YES, [when("j", (NO, [call("a", x=1)]), (None, [call("b", x=2)]), inner=["$a", "$b"])]),
                (None, [call("c", x=3)]),
                outer=["$inner", "$c"],
            ),
            result="$outer",
        ),
        "a skipped, b ok, c skipped",
        "succeeded",
        2,
    ),
    "a region inside an arm not taken": (
        pipeline(when("i", (NO, [each("e", [1, 2], call("a"), each("f", [1], call("b")))]))),
        "a skipped, b skipped",
        "succeeded",
        None,
    ),
    "a region blocked inside a taken arm": (
        pipeline(
            when(
                "i",
                (
                    YES,
                    [
                        call("a", "bad"),
                        each("e", ListOf(items=(Out(ref="a"),)), call("b")),
                        when("j", (YES, [call("c", x="$a")])),
                    ],
                ),
            ),
            call("d", after=("i",)),
        ),
        "a failed, b blocked, c blocked, d blocked",
        "failed",
        None,
    ),
    "after a call inside a block is after its region": (
        pipeline(
            when("i", (YES, [call("a"), call("b", "bad")]), (None, [call("c")])),
            call("d", after=("a",)),
        ),
        "a ok, b failed, c skipped, d blocked",
        "failed",
        None,
    ),
    "after within the same arm is after the call itself": (
        pipeline(when("i", (YES, [call("a"), call("b", "bad"), call("d", after=("a",))]))),
        "a ok, b failed, d ok",
        "failed",
        None,
    ),
    "a tolerated failure inside a region does not fail it": (
        pipeline(when("i", (YES, [call("a", "bad", policy=TOLERATE)])), call("b", after=("i",))),
        "a failed~, b ok",
        "succeeded",
        None,
    ),
    # ---- an Each
    "one instance per item, collected in order, None keeping its place": (
        pipeline(each("e", [3, None, 1], call("a", "give", x=item("e")), xs="$a"), result="$xs"),
        "a[0] ok, a[1] ok, a[2] ok",
        "succeeded",
        [3, None, 1],
    ),
    "siblings are independent": (
        pipeline(
            each("e", [1, 2, 3], call("a", "odd", x=item("e")), call("b", x="$a"), xs="$b"),
            call("c", "give", x="$xs"),
            call("d"),
        ),
        "a[0] ok, a[1] failed, a[2] ok, b[0] ok, b[1] blocked, b[2] ok, c blocked, d ok",
        "failed",
        None,
    ),
    "what collects only from good instances goes on": (
        pipeline(
            each("e", [1, 2], call("a", x=item("e")), call("b", "odd", x="$a"), xs="$a"),
            call("c", "give", x="$xs"),
            call("d", after=("e",)),
        ),
        "a[0] ok, a[1] ok, b[0] ok, b[1] failed, c ok, d blocked",
        "failed",
        None,
    ),
    "zero items": (
        pipeline(
            call("n", "give", x=[]),
            each("e", "$n", call("a"), xs="$a"),
            call("c", "give", x="$xs"),
            call("d", after=("e",)),
            result="$c",
        ),
        "n ok, c ok, d ok",
        "succeeded",
        [],
    ),
    "an Each that never expands is recorded once per call": (
        pipeline(
            call("n", "bad"),
            each("e", ListOf(items=(Out(ref="n"),)), call("a"), each("f", [1, 2], call("b"))),
        ),
        "n failed, a blocked, b blocked",
        "failed",
        None,
    ),
    "Each in Each": (
        pipeline(
            each("e", [[1, 3], []], each("f", item("e"), call("a", x=item("f")), xs="$a"), ys="$xs"),
            result="$ys",
        ),
        "a[0][0] ok, a[0][1] ok",
        "succeeded",
        [[1, 3], []],
    ),
    "a nested loop blocked at the index reached": (
        pipeline(
            each(
                "e",
                [1, 2],
                call("a", "odd", x=item("e")),
                each("f", ListOf(items=(Out(ref="a"),)), call("b", x=item("f"))),
            ),
        ),
        "a[0] ok, a[1] failed, b[0][0] ok, b[1] blocked",
        "failed",
        None,
    ),
    "If in Each": (
        pipeline(
            each(
                "e",
                [1, 5],
                when(
                    "i",
                    (less(item("e"), 3), [call("a", x=item("e"))]),
                    (None, [call("b", x=9)]),
                    m=["$a", "$b"],
                ),
                call("c", x="$m"),
                xs="$c",
            ),
            result="$xs",
        ),
        "a[0] ok, a[1] skipped, b[0] skipped, b[1] ok, c[0] ok, c[1] ok",
        "succeeded",
        [1, 9],
    ),
    "Each in If in Each": (
        pipeline(
            each("e", [1, 5], when("i", (less(item("e"), 3), [each("f", [4], call("a", x=item("f")))]))),
        ),
        "a[0][0] ok, a[1] skipped",
        "succeeded",
        None,
    ),
    "Each in If, merged": (
        pipeline(
            when("i", (YES, [each("e", [1, 2], call("a", x=item("e")), xs="$a")]), (None, []), m=["$xs", [0]]),
            result="$m",
        ),
        "a[0] ok, a[1] ok",
        "succeeded",
        [1, 2],
    ),
    "collecting blocks when a merged instance failed": (
        pipeline(
            each(
                "e",
                [1, 2],
                when("i", (less(item("e"), 2), [call("a", "bad")]), (None, []), m=["$a", 1]),
                xs="$m",
            ),
            call("c", "give", x="$xs"),
        ),
        "a[0] failed, a[1] skipped, c blocked",
        "failed",
        None,
    ),
    # ---- failure to decide
    "a condition that cannot be evaluated": (
        pipeline(
            call("n", "give", x=None),
            when("i", (less("$n", 1), [call("a")]), (None, [call("b")]), m=["$a", "$b"]),
            call("c", x="$m"),
            call("d", after=("i",)),
        ),
        "n ok, i failed, a blocked, b blocked, c blocked, d blocked",
        "failed",
        None,
    ),
    "items that are no list": (
        pipeline(
            call("n", "give", x=3),
            each("e", "$n", call("a"), each("f", [1], call("b")), xs="$a"),
            call("c", "give", x="$xs"),
        ),
        "n ok, e failed, a blocked, b blocked, c blocked",
        "failed",
        None,
    ),
    "a merged value that cannot be formed": (
        pipeline(
            call("n", "give", x={}),
            when("i", (YES, [call("a")]), (None, []), m=[Out(ref="n", path=("k",)), 1], o=["$a", 1]),
            call("c", x="$m"),
            call("d", x="$o"),
            call("e", after=("i",)),
        ),
        "n ok, i failed, a ok, c blocked, d ok, e blocked",
        "failed",
        None,
    ),
    "a collected value that cannot be formed": (
        pipeline(
            each("e", [{"k": 1}, {}], call("a", "give", x=item("e")), xs=Out(ref="a", path=("k",)), ys="$a"),
            call("c", "give", x="$xs"),
            call("d", "give", x="$ys"),
        ),
        "e failed, a[0] ok, a[1] ok, c blocked, d ok",
        "failed",
        None,
    ),
    "an If in a loop that fails to decide": (
        pipeline(each("e", [1, "x"], when("i", (less(item("e"), 2), [call("a")])), call("b"))),
        "i[1] failed, a[0] ok, a[1] blocked, b[0] ok, b[1] ok",
        "failed",
        None,
    ),
    "an argument that cannot be formed fails the attempt": (
        pipeline(
            call("n", "give", x={}),
            call("a", x=Out(ref="n", path=("k",)), policy=Policy(retry=Retry(count=2))),
        ),
        "n ok, a failed*3",
        "failed",
        None,
    ),
    # ---- attempts
    "retries": (
        pipeline(call("a", "flaky", times=2, policy=Policy(retry=Retry(count=3))), result="$a"),
        "a ok*3",
        "succeeded",
        3,
    ),
    "no more than the retries": (
        pipeline(call("a", "flaky", times=9, policy=Policy(retry=Retry(count=1), on_failure=Continue(default=1)))),
        "a failed~*2",
        "succeeded",
        None,
    ),
    "a return value that is not canonical fails the attempt": (
        pipeline(call("a", "wrong")),
        "a failed",
        "failed",
        None,
    ),
    "a step that exits does not hang the run": (pipeline(call("a", "leave")), "a failed", "failed", None),
    # ---- groups and includes
    "a group names, nothing more": (
        pipeline(
            Group(id="g", body=(call("a", x=2), Group(id="h", body=(call("b", "bad"),)))),
            call("c", x="$a"),
            call("d", after=("b",)),
            call("e", after=("g",)),
        ),
        "a ok, b failed, c ok, d blocked, e blocked",
        "failed",
        None,
    ),
    "an include is entered when all it takes has succeeded": (
        pipeline(
            call("a", "bad"),
            call("n", x=4),
            Include(
                id="in",
                args={"v": Out(ref="n"), "u": Out(ref="a")},
                pipeline=pipeline(
                    call("x"),
                    call("y", x=ParamRef(name="v")),
                    result="$y",
                    params=(Param(name="v"), Param(name="u")),
                ),
            ),
            Include(
                id="two",
                args={"v": Out(ref="n")},
                pipeline=pipeline(call("x", x=ParamRef(name="v")), result="$x", params=(Param(name="v"),)),
            ),
            result="$two",
        ),
        "a failed, n ok, in.x blocked, in.y blocked, two.x ok",
        "failed",
        4,
    ),
    # ---- the run
    "everything skipped is success": (
        pipeline(when("i", (NO, [call("a")]))),
        "a skipped",
        "succeeded",
        None,
    ),
    "a Final sees a success": (
        pipeline(call("a"), final=Final(call=call("f", "give", x=Ctx(name="state")))),
        "a ok, f ok",
        "succeeded",
        None,
    ),
    "a Final runs after failures": (
        pipeline(call("a", "bad"), call("b", x="$a"), final=Final(call=call("f", "give", x=Ctx(name="state")))),
        "a failed, b blocked, f ok",
        "failed",
        None,
    ),
    "a failing Final fails the run and keeps the result": (
        pipeline(
            call("a", x=1),
            final=Final(call=call("f", "bad", policy=Policy(retry=Retry(count=1)))),
            result="$a",
        ),
        "a ok, f failed*2",
        "failed",
        1,
    ),
    "a result built of values": (
        pipeline(call("a", x=1), result=DictOf(items=(("n", Out(ref="a")), ("t", Text(parts=(Out(ref="a"),)))))),
        "a ok",
        "succeeded",
        {"n": 1, "t": "1"},
    ),
    "a result that is not there": (
        pipeline(call("a", "give", x={}), result=Out(ref="a", path=("k",))),
        "a ok",
        "succeeded",
        None,
    ),
}


@pytest.mark.parametrize("name", MEANING)
def test_meaning(name: str) -> None:
    program, expected, state, result = MEANING[name]
    record = execute(program)
    assert states(record) == spell(expected)
    assert (record.state, record.result) == (state, result)
    for entry in record.calls:
        assert (entry.attempts == 0) == (entry.started is None)
        assert (entry.error is not None) == (entry.state == "failed")
        assert entry.observed


@pytest.mark.parametrize("name", MEANING)
def test_the_same_pipeline_gives_the_same_record_again(name: str) -> None:
    program = MEANING[name][0]

    def told(record: Record) -> Any:
        times = {"started", "ended"}
        calls = [entry.model_dump(exclude=times) for entry in record.calls]
        return record.model_dump(exclude={*times, "run_id", "logical_date", "calls"}), calls

    assert told(execute(program)) == told(execute(program, max_workers=1))


def truth_of(condition: Any) -> bool:
    record = execute(pipeline(when("i", (condition, []), (None, []), m=[True, False]), result="$m"))
    assert record.state == "succeeded", record.calls
    return bool(record.result)


@pytest.mark.parametrize(
    ("left", "op", "right", "holds"),
    [
        (1, "==", 1.0, True), (True, "==", 1, False), (True, "!=", 1, True), (1, "==", "1", False),
        (2**53, "<", 2.0**53 + 2, True), ("a", "<", "b", True), ("Z", "<", "a", True), ("é", ">", "z", True),
        (1, "<=", 1.0, True), (1, ">=", 2, False), (False, "==", False, True), (0, "==", False, False),
    ],
)  # fmt: skip
def test_comparisons(left: Any, op: Any, right: Any, holds: bool) -> None:
    assert truth_of(Compare(op=op, left=value(left), right=value(right))) is holds


@pytest.mark.parametrize(
    ("left", "op", "right"),
    [(None, "==", None), ([], "==", []), ({}, "!=", 1), (1, "<", "a"), (True, "<", False), (True, ">=", 1)],
)
def test_what_cannot_be_compared_fails_to_decide(left: Any, op: Any, right: Any) -> None:
    condition = Compare(op=op, left=Const(value=left), right=Const(value=right))
    record = execute(pipeline(when("i", (condition, []))))
    assert states(record) == {"i": "failed"}
    assert record.calls[0].error is not None and record.calls[0].error.type == "EvaluationError"


def test_and_or_not_in() -> None:
    never = less(None, 1)  # cannot be evaluated
    assert not truth_of(All(operands=(NO, never)))
    assert truth_of(Any_(operands=(YES, never)))
    assert truth_of(Not(operand=All(operands=(YES, NO))))
    assert truth_of(IsIn(value=Const(value=1.0), options=(2, 1)))
    assert not truth_of(IsIn(value=Const(value=True), options=(1, "True")))
    assert truth_of(Const(value=True))


def test_text_is_written_as_python_writes_it() -> None:
    written: list[Any] = [True, " ", 3, " ", 0.5, " ", None, " ", [1, "a"], " ", "é"]
    parts = tuple(Const(value=part) for part in written)
    assert execute(pipeline(result=Text(parts=parts))).result == "True 3 0.5 None [1, 'a'] é"


def test_tolerated_output_is_the_default() -> None:
    (entry,) = execute(pipeline(call("a", "bad", policy=TOLERATE))).calls
    assert (entry.output, entry.error and entry.error.message) == (7, "told to fail")


# ---------------------------------------------------------------- time


def test_retries_wait_at_least_the_delay() -> None:
    record = execute(pipeline(call("a", "flaky", times=1, policy=Policy(retry=Retry(count=1, delay=1)))))
    (entry,) = record.calls
    assert entry.state == "succeeded" and entry.attempts == 2
    assert entry.started and entry.ended and entry.ended - entry.started >= timedelta(seconds=1)


def test_a_timeout_fails_the_attempt_and_not_what_is_beside() -> None:
    record = execute(pipeline(
        call("a", "slow", seconds=20, policy=Policy(timeout=1)),
        call("b", "slow", seconds=0.1), call("c", "give", x="$a"),
    ))  # fmt: skip
    assert states(record) == spell("a failed, b ok, c blocked")
    error = record.calls[0].error
    assert error is not None and error.type == "TimeoutError"
    assert record.ended and record.started and record.ended - record.started < timedelta(seconds=10)


def test_an_abandoned_attempt_gives_its_worker_back() -> None:
    record = execute(
        pipeline(call("a", "slow", seconds=20, policy=Policy(timeout=1)), call("b", after=())), max_workers=1
    )
    assert states(record) == spell("a failed, b ok")


def test_independent_calls_run_at_the_same_time() -> None:
    started = time.monotonic()
    execute(pipeline(*(call(f"c{n}", "slow", seconds=0.3) for n in range(8))))
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize("limit", [1, 2])
def test_max_parallel_bounds_the_instances_of_a_call(limit: int) -> None:
    program = pipeline(each("e", list(range(8)), call("a", "crowd", x=item("e")), limit=limit, xs="$a"), result="$xs")
    most = max(execute(program).result)
    assert most <= limit
    free = pipeline(each("e", list(range(8)), call("a", "crowd", x=item("e")), xs="$a"), result="$xs")
    assert max(execute(free).result) > limit


def test_an_instance_without_arguments_leaves_its_place_to_the_next() -> None:
    loop = each("e", [{"k": 1}, {}, {}, {"k": 4}], call("a", x=item("e", "k")), limit=1)
    record = execute(pipeline(loop, run_timeout=30))
    assert [call.state for call in record.calls] == ["succeeded", "failed", "failed", "succeeded"]


def test_max_workers_bounds_everything() -> None:
    program = pipeline(each("e", list(range(6)), call("a", "crowd", x=item("e")), xs="$a"), result="$xs")
    assert execute(program, max_workers=2).result and max(execute(program, max_workers=2).result) <= 2


def test_a_run_timeout_ends_the_run() -> None:
    seen: list[Event] = []
    program = pipeline(call("a", "slow", seconds=20), call("b", "give", x="$a"), run_timeout=1)
    record = execute(program, listener=seen.append)
    assert record.state == "cancelled" and record.notes
    assert [(e.id, e.what, e.state) for e in seen] == [
        ("a", "started", None), ("a", "ended", "cancelled"), ("b", "ended", "cancelled"),
    ]  # fmt: skip
    assert states(record) == spell("a cancelled, b cancelled")


SHAPES: dict[str, Callable[[int], list[AnyNode]]] = {
    "a chain": lambda count: [call("c0"), *(call(f"c{n}", x=f"$c{n - 1}") for n in range(1, count))],
    "a fan": lambda count: [call("c0"), *(call(f"c{n}", x="$c0") for n in range(1, count))],
    "Ifs in Ifs": lambda count: [
        when(f"i{n}", (YES, [call(f"a{n}"), when(f"j{n}", (NO, [call(f"b{n}")]))]), (None, [call(f"c{n}")]))
        for n in range(count // 3)
    ],
    "a loop": lambda count: [each("e", list(range(count // 2)), call("a", x=item("e")), call("b", x="$a"), xs="$b")],
    "Includes": lambda count: [
        Include(id=f"p{n}", pipeline=pipeline(call("a"), call("b", x="$a"), result="$b")) for n in range(count // 2)
    ],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_run_is_work_in_proportion_to_its_calls(shape: str) -> None:
    def executed(count: int) -> None:
        assert execute(pipeline(*SHAPES[shape](count))).state == "succeeded"

    assert grows_in_proportion(executed, 100)


WORKERS = """
import threading
import time
from contextvars import ContextVar

seen: ContextVar[int] = ContextVar("seen", default=0)


def here(x: int = 0) -> list[int]:
    before = seen.get()
    seen.set(before + 1)
    return [threading.get_ident(), before]
"""


def test_one_after_the_other_takes_one_thread_which_starts_each_attempt_anew() -> None:
    code = (SourceFragment(kind="function", names=("here", "seen"), text=WORKERS),)
    steps = (Step(name="here", run=Inlined(name="here"), parameters=(Parameter(name="x", has_default=True),)),)
    body = (call("c0", "here"), *(call(f"c{n}", "here", after=(f"c{n - 1}",)) for n in range(1, 20)))
    record = execute(Pipeline(name="p", code=code, steps=steps, body=body))
    threads = {entry.output[0] for entry in record.calls}
    assert len(threads) == 1 and threads != {threading.get_ident()}
    assert {entry.output[1] for entry in record.calls} == {0}


def test_no_thread_outlives_its_run_or_an_abandoned_attempt() -> None:
    others = set(threading.enumerate())
    execute(pipeline(call("a", "slow", seconds=1.5, policy=Policy(timeout=1)), *(call(f"c{n}") for n in range(9))))
    for thread in set(threading.enumerate()) - others:
        thread.join(10)
        assert not thread.is_alive()


# ---------------------------------------------------------------- context and params


def test_context() -> None:
    names: tuple[ContextName, ...] = ("logical_date", "day", "run_id")
    program = pipeline(
        call("a", "give", x=DictOf(items=tuple((name, Ctx(name=name)) for name in names))), result="$a",
        schedule=Schedule(timing=Cron(expression="0 0 * * *", timezone="Asia/Tokyo")),
    )  # fmt: skip
    moment = datetime(2026, 1, 31, 18, 0, 0, 999, tzinfo=timezone.utc)
    record = execute(program, logical_date=moment, run_id="mine")
    assert record.result == {"logical_date": "2026-01-31T18:00:00Z", "day": "2026-02-01", "run_id": "mine"}
    assert (record.logical_date, record.run_id) == ("2026-01-31T18:00:00Z", "mine")


def test_without_a_date_the_run_starts_at_its_logical_date() -> None:
    record = execute(pipeline())
    assert record.started is not None
    assert record.logical_date == record.started.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_naive_logical_date_is_refused() -> None:
    with pytest.raises(AuthoringError) as caught:
        execute(pipeline(), logical_date=datetime(2026, 1, 1))
    assert [d.code for d in caught.value.diagnostics] == ["PG353"]


def test_params_are_filled_in_and_checked_all_at_once() -> None:
    program = pipeline(
        call("a", "give", x=ListOf(items=(ParamRef(name="n"), ParamRef(name="kind")))), result="$a",
        params=(
            Param(name="n", type={"type": "integer", "minimum": 1}, required=True),
            Param(name="kind", type={"enum": ["x", "y"], "type": "string"}, default="x"),
        ),
    )  # fmt: skip
    record = execute(program, params={"n": 2})
    assert (record.result, record.params) == ([2, "x"], {"n": 2, "kind": "x"})
    wrong: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["PG350"]),
        ({"n": 0, "kind": "z", "more": 1}, ["PG351", "PG352", "PG352"]),
        ({"n": True}, ["PG352"]),
        ({"n": 1.0}, ["PG352"]),
        ({"n": 2**53 + 1}, ["PG352"]),
    ]
    for given, codes in wrong:
        with pytest.raises(AuthoringError) as caught:
            execute(program, params=given)
        assert [d.code for d in caught.value.diagnostics] == codes


@pytest.mark.parametrize(
    "value",
    [
        2**53 + 1,
        [-(2**53) - 1],
        float("inf"),
        {"a": [float("nan")]},
        "\ud800",
        {"\ud800": 1},
        {1: 2},
        (1, 2),
        {"a": {1}},
    ],
)
def test_a_param_that_is_no_value_of_the_language_is_refused(value: Any) -> None:
    program = pipeline(call("a", "give", x=ParamRef(name="n")), params=(Param(name="n", default=None),))
    with pytest.raises(AuthoringError) as caught:
        execute(program, params={"n": value})
    assert [d.code for d in caught.value.diagnostics] == ["PG352"]


# ---------------------------------------------------------------- steps


def test_values_are_built_by_annotations_and_checked(tmp_path: Path) -> None:
    (tmp_path / "given_steps.py").write_text(
        "from dataclasses import dataclass\nfrom datetime import date\n\n"
        "@dataclass\nclass Row:\n    day: date\n    n: int\n\n"
        "def next_row(row: Row, by: int = 1) -> Row:\n    assert isinstance(row, Row)\n"
        "    return Row(row.day.replace(day=2), row.n + by)\n"
    )
    row = Step(
        name="next",
        run=Imported(module="given_steps", attr="next_row"),
        parameters=(Parameter(name="row"), Parameter(name="by", has_default=True)),
    )
    first = call("a", "next", row={"day": "2026-01-01", "n": 1})
    program = pipeline(first, call("b", "next", row="$a", by=5), result="$b", steps=(row,))
    before = list(sys.path)
    assert execute(program, path=[tmp_path]).result == {"day": "2026-01-02", "n": 7}
    assert sys.path == before


def test_a_shell_step_gets_variables_and_gives_its_last_line() -> None:
    script = 'echo first; printf \'%s|%s\' "$text" "$data"'
    shell = Step(name="sh", run=Shell(script=script), parameters=(Parameter(name="text"), Parameter(name="data")))
    fails = Step(name="no", run=Shell(script="exit 3"))
    quiet = Step(name="quiet", run=Shell(script="true"))
    program = pipeline(
        call("a", "sh", text="o'brien $HOME", data={"k": [1, True]}), call("b", "no"), call("c", "quiet"),
        result=ListOf(items=(Out(ref="a"), Out(ref="c"))), steps=(shell, fails, quiet),
    )  # fmt: skip
    record = execute(program)
    text, data = record.result[0].split("|")
    assert (text, json.loads(data), record.result[1]) == ("o'brien $HOME", {"k": [1, True]}, "")
    assert states(record) == spell("a ok, b failed, c ok")


def test_inlined_source_lives_in_a_module_of_its_own() -> None:
    text = (
        "def named(x: Box) -> str:\n    import pickle\n    import inspect\n"
        "    assert pickle.loads(pickle.dumps(x)) == x\n    return inspect.getsource(Box).splitlines()[0]"
    )
    code = (
        SourceFragment(kind="import", names=("annotations",), text="from __future__ import annotations"),
        SourceFragment(kind="import", names=("dataclass",), text="from dataclasses import dataclass"),
        SourceFragment(kind="class", names=("Box",), text="@dataclass\nclass Box:\n    n: int"),
        SourceFragment(kind="function", names=("named",), text=text),
    )
    named = Step(name="named", run=Inlined(name="named"), parameters=(Parameter(name="x"),))
    before = set(sys.modules)
    record = execute(pipeline(call("a", "named", x={"n": 1}), code=code, steps=(named,), result="$a"))
    assert record.result == "@dataclass", record.calls
    assert not {name for name in set(sys.modules) - before if "pipeglot_steps" in name}


@pytest.mark.parametrize(
    ("step", "code", "said"),
    [
        (Step(name="s", run=Inlined(name="f")), "raise OSError('no disk')", "PG354"),
        (Step(name="s", run=Inlined(name="f")), "import no_such_module_here", "PG354"),
        (Step(name="s", run=Imported(module="no_such_module_here", attr="f")), "", "PG355"),
        (Step(name="s", run=Imported(module="json", attr="no_such")), "", "PG355"),
    ],
)
def test_steps_that_cannot_be_loaded(step: Step, code: str, said: str) -> None:
    chunks = (SourceFragment(kind="value", names=("f",), text=code),)
    with pytest.raises(AuthoringError) as caught:
        execute(pipeline(call("a", "s"), steps=(step,), code=chunks))
    assert [d.code for d in caught.value.diagnostics] == [said]


def test_a_missing_program_is_said_before_anything_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    image = Step(name="c", run=Container(image="alpine:3"))
    seen: list[Event] = []
    with pytest.raises(EngineError) as caught:
        execute(pipeline(call("n"), call("a", "c"), steps=(*STEPS, image)), listener=seen.append)
    assert [d.code for d in caught.value.diagnostics] == ["PG356"] and not seen


def test_a_container_step_runs_docker_with_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    docker.write_text('#!/bin/sh\necho "$x $*"\n')
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    run = Container(image="img:1", command=("go", "a b"))
    step = Step(name="c", run=run, parameters=(Parameter(name="x"),))
    record = execute(pipeline(call("a", "c", x="v"), steps=(step,), result="$a"))
    assert record.result == "v run --rm -e x img:1 go a b"


# ---------------------------------------------------------------- events and interrupts


def test_the_listener_hears_everything_in_order() -> None:
    seen: list[Event] = []
    execute(
        pipeline(call("a", "flaky", times=1, policy=Policy(retry=Retry(count=1))), when("i", (NO, [call("b")]))),
        listener=seen.append,
    )
    assert [(e.what, e.attempt, e.state) for e in seen if e.id == "a"] == [
        ("started", 1, None), ("retrying", 1, None), ("started", 2, None), ("ended", 2, "succeeded"),
    ]  # fmt: skip
    assert [(e.what, e.attempt, e.state) for e in seen if e.id == "b"] == [("ended", 0, "skipped")]


def test_an_interrupt_carries_a_truthful_record() -> None:
    def ready(event: Event) -> None:
        if event.id == "slow" and event.what == "started":
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()

    program = pipeline(
        call("done", x=1), call("failed", "bad"), call("slow", "slow", seconds=20, x="$done"),
        each("e", "$slow", call("never")),
        call("waits", "bad", policy=Policy(retry=Retry(count=1, delay=600))),
        final=Final(call=call("f")), result="$done",
    )  # fmt: skip
    with pytest.raises(Interrupted) as caught:
        execute(program, listener=ready)
    record = caught.value.record
    assert record.state == "cancelled"
    found = {entry.id: (entry.state, entry.attempts) for entry in record.calls}
    assert found == {
        "done": ("succeeded", 1), "failed": ("failed", 1), "slow": ("cancelled", 1),
        "never": ("cancelled", 0), "waits": ("cancelled", 1),
    }  # fmt: skip


def test_running_needs_no_main_thread() -> None:
    found: list[Record] = []
    thread = threading.Thread(target=lambda: found.append(execute(pipeline(call("a")))))
    thread.start()
    thread.join(10)
    assert found[0].state == "succeeded"


def test_abandoned_work_does_not_keep_the_process_alive(tmp_path: Path) -> None:
    script = tmp_path / "go.py"
    script.write_text(
        "from pipeglot.meaning.run import execute\nfrom tests.build import call, pipeline\n"
        "from pipeglot.core.ir import Policy\n"
        "print(execute(pipeline(call('a', 'slow', seconds=60, policy=Policy(timeout=1)))).state)\n"
    )
    root = Path(__file__).parent.parent
    env = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, script], env=env, capture_output=True, text=True, timeout=30)
    assert (done.stdout, done.stderr) == ("failed\n", "")


def test_the_examples_of_this_file_are_valid() -> None:
    """All but those whose very point is what a check would refuse."""
    untyped = {"PG181"}
    for name, (program, *_) in MEANING.items():
        codes = {d.code for d in check(program) if d.severity == "error"} - untyped
        assert not codes, (name, codes)


def test_a_pipeline_may_have_any_name() -> None:
    code = (SourceFragment(kind="function", names=("f",), text="def f():\n    return 1"),)
    pipeline = Pipeline(
        name="a\x00b'\n", code=code, steps=(Step(name="f", run=Inlined(name="f")),), body=(Call(id="f", step="f"),)
    )
    assert execute(pipeline).state == "succeeded"
