"""What an engine left traces of becomes the full record, and never more than the rules and the traces say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from pipeglot.core.ir import Const, Continue, Final, Out, Pipeline, Policy
from pipeglot.core.record import CallRecord, Failure, Record, RunState
from pipeglot.meaning.derive import reconstruct
from pipeglot.meaning.run import execute
from tests.build import call, each, item, less, pipeline, spell, states, when
from tests.test_run import MEANING

WHEN = datetime(2026, 3, 1, 2, tzinfo=timezone.utc)
YES = less(0, 1)


def read(program: Pipeline, *observed: CallRecord, state: RunState = "failed", **more: Any) -> Record:
    given: dict[str, Any] = {"params": {}, "logical_date": WHEN, "run_id": "r", **more}
    return reconstruct(program, observed, engine="airflow", engine_version="3", state=state, **given)


def seen(id: str, state: Any = "succeeded", output: Any = ..., index: tuple[int, ...] = (), **more: Any) -> CallRecord:
    known = {} if output is ... else {"output": output}
    ran = state in ("succeeded", "failed")
    return CallRecord(id=id, index=index, state=state, attempts=int(ran), **known, **more)


def told(record: Record) -> Any:
    return [entry.model_dump(exclude={"observed", "started", "ended"}) for entry in record.calls], record.result


KEEP: dict[str, Callable[[CallRecord], bool]] = {
    "everything": lambda entry: True,
    "only what was attempted": lambda entry: entry.attempts > 0,
    "what was attempted, and regions": lambda entry: entry.attempts > 0 or entry.state == "failed",
}


@pytest.mark.parametrize("keep", KEEP)
@pytest.mark.parametrize("name", MEANING)
def test_the_reference_run_is_got_back_from_its_traces(name: str, keep: str) -> None:
    program = MEANING[name][0]
    whole = execute(program)
    traces = [entry for entry in whole.calls if KEEP[keep](entry)]
    back = read(program, *traces, state=whole.state)
    assert told(back) == told(whole)
    assert not back.notes
    assert {(e.id, e.index) for e in back.calls if e.observed} == {(e.id, e.index) for e in traces}


@pytest.mark.parametrize("name", MEANING)
def test_what_an_engine_decided_is_seen_from_its_traces_when_it_kept_no_outputs(name: str) -> None:
    program = MEANING[name][0]
    whole = execute(program)
    known = CallRecord.model_fields.keys() - {"output"}
    traces = [
        CallRecord.model_construct(set(known), **{field: getattr(entry, field) for field in known})
        for entry in whole.calls
        if entry.attempts or (entry.state == "failed")
    ]
    assert states(read(program, *traces, state=whole.state)) == states(whole)


def test_what_may_have_left_no_trace_shows_nothing() -> None:
    def end(program: Pipeline, *traces: CallRecord, state: RunState = "succeeded") -> dict[str, str]:
        return states(read(program, *traces, state=state))

    loop = each("e", "$n", call("a"), m="$a")
    assert end(pipeline(call("n", "give"), when("i", (less("$n", 1), [loop]))), seen("n")) == spell("n ok")
    program = pipeline(call("n", "give"), when("i", (less("$n", 1), [loop]), (None, [call("b")])))
    assert end(program, seen("n"), seen("b")) == spell("n ok, a skipped, b ok")
    assert end(program, seen("n")) == spell("n ok, b skipped"), "no other arm is left"
    assert read(pipeline(call("n", "give"), loop, result="$m"), seen("n"), state="succeeded").result == []
    # The only call waits for something inside: that it did not run does not say that its block was not entered.
    inner = each("e", "$n", call("a"), m="$a")
    program = pipeline(call("n", "give"), when("i", (less("$n", 1), [inner, call("b", x="$m")])))
    assert end(program, seen("n")) == spell("n ok")
    program = pipeline(call("n", "give"), call("o"), when("i", (less("$n", 1), [call("b", x="$o")])))
    assert end(program, seen("n"), seen("o", output=1)) == spell("n ok, o ok, b skipped"), "it waits for nothing inside"
    # Of a run that was interrupted, or failed nobody knows where, what is not there may have been about to come.
    program = pipeline(call("n", "give"), when("i", (less("$n", 1), [call("a")])), call("z", "bad"))
    assert end(program, seen("n"), seen("z", "failed"), state="failed") == spell("n ok, z failed, a skipped")
    assert end(program, seen("n"), state="failed") == spell("n ok")
    assert end(program, seen("n"), seen("z", "failed"), state="cancelled") == spell("n ok, z failed")


def test_the_head_is_the_engines() -> None:
    record = read(pipeline(), state="succeeded", started=WHEN, ended=WHEN, notes=["slow"], params={"n": 1})
    assert (record.engine, record.engine_version, record.state, record.run_id) == ("airflow", "3", "succeeded", "r")
    assert (record.logical_date, record.params, record.notes) == ("2026-03-01T02:00:00Z", {"n": 1}, ("slow",))
    assert record.started == record.ended == WHEN


def test_what_should_have_run_and_left_no_trace_is_left_out() -> None:
    program = pipeline(call("a"), call("b", x="$a"), call("c", x="$b"), call("d", "bad"), call("e", after=("b", "d")))
    record = read(program, seen("a", output=1), seen("d", "failed"))
    assert states(record) == spell("a ok, d failed, e blocked")


def test_an_observed_state_is_kept_and_followed_where_the_rules_disagree() -> None:
    program = pipeline(call("a", "bad"), call("b", x="$a"), call("c", x="$b"), call("d", after=("a",)))
    record = read(program, seen("a", "failed"), seen("b", output=5), seen("c", output=5))
    assert states(record) == spell("a failed, b ok, c ok, d blocked")
    assert [entry.observed for entry in record.calls] == [True, True, True, False]


def test_a_blocked_loop_that_the_engine_expanded_is_not_doubled() -> None:
    program = pipeline(call("a", "bad"), each("e", [1, 2], call("b", x="$a"), call("c")))
    record = read(program, seen("a", "failed"), seen("b", "blocked", index=(0,)), seen("b", "blocked", index=(1,)))
    assert states(record) == spell("a failed, b[0] blocked, b[1] blocked, c blocked")


def test_instances_that_the_rules_do_not_know_are_kept() -> None:
    program = pipeline(each("e", [1], call("a", x=item("e"))))
    record = read(program, seen("a", output=1, index=(0,)), seen("a", output=2, index=(1,)), state="succeeded")
    assert states(record) == spell("a[0] ok, a[1] ok")


def test_tolerance_comes_from_the_policy() -> None:
    policy = Policy(on_failure=Continue(default=4))
    program = pipeline(call("a", "bad", policy=policy), call("b", x="$a"), result="$a")
    record = read(program, seen("a", "failed"), seen("b", output=4), state="succeeded")
    assert states(record) == spell("a failed~, b ok")
    assert (record.calls[0].output, record.result) == (4, 4)


@pytest.mark.parametrize("trace", [seen("n"), seen("n", output=None)], ids=["not given", "None for an int"])
def test_nothing_is_concluded_from_an_output_that_is_not_known(trace: CallRecord) -> None:
    program = pipeline(
        call("n"),
        when("i", (less("$n", 1), [call("a")]), (None, [call("b")]), m=["$a", "$b"]),
        each("e", [1], when("j", (less("$n", 1), [call("c")]))),
        call("d", x="$m"), call("z", "bad"), call("y", after=("i", "z")),
        result="$n",
    )  # fmt: skip
    record = read(program, trace, seen("a", output=1), seen("z", "failed"))
    # That a was tried shows where i went; that c was not, that j was passed over.
    assert states(record) == spell("n ok, a ok, b skipped, c[0] skipped, z failed, y blocked")
    assert record.result is None
    assert record.notes == ("the output of n is not known; nothing is concluded from it",)


def test_an_output_that_is_not_given_is_not_known_even_where_none_would_do() -> None:
    program = pipeline(call("n", "give"), each("e", "$n", call("a")))
    record = read(program, seen("n"))
    assert (states(record), len(record.notes)) == (spell("n ok"), 1)


def test_none_is_an_output_where_the_type_has_it() -> None:
    program = pipeline(call("n", "give"), call("b", "give", x="$n"), result="$n")
    record = read(program, seen("n", output=None), seen("b", output=None), state="succeeded")
    assert (record.result, record.notes) == (None, ())


UNDECIDED = pipeline(
    call("n", "give"), when("i", (less("$n", 1), [call("a")]), (None, [call("b")]), m=["$a", "$b"]), call("c", x="$m")
)


def test_a_failure_to_decide_is_derived_when_the_run_failed_and_nothing_inside_ran() -> None:
    record = read(UNDECIDED, seen("n", output=None))
    assert states(record) == spell("n ok, i failed, a blocked, b blocked, c blocked")
    assert [entry.observed for entry in record.calls] == [True, False, False, False, False]


def test_a_run_that_succeeded_did_decide() -> None:
    record = read(UNDECIDED, seen("n", output=None), seen("b", output=1), seen("c", output=1), state="succeeded")
    assert states(record) == spell("n ok, b ok, c ok")
    assert len(record.notes) == 1 and "i should have failed" in record.notes[0]


def test_a_region_something_ran_in_did_decide() -> None:
    record = read(UNDECIDED, seen("n", output=None), seen("b", "failed"))
    assert states(record) == spell("n ok, b failed")
    assert len(record.notes) == 1


def test_an_observed_failure_to_decide_is_kept_and_fails_what_leaves() -> None:
    program = pipeline(when("i", (YES, [call("a")]), (None, [call("b")]), m=["$a", "$b"]), call("c", x="$m"))
    entry = CallRecord(id="i", state="failed", error=Failure(type="OSError", message="no"))
    record = read(program, entry, seen("a", output=1))
    assert states(record) == spell("i failed, a ok, b skipped, c blocked")
    assert record.calls[0] == entry


def test_the_final_is_looked_up() -> None:
    program = pipeline(call("a"), final=Final(call=call("f", "give")))
    assert states(read(program, seen("a", output=1), seen("f", "failed"))) == spell("a ok, f failed")
    assert states(read(program, seen("a", output=1))) == spell("a ok")


def test_a_cancelled_run_concludes_nothing_from_what_was_cancelled() -> None:
    program = pipeline(call("a"), call("b", x="$a"), call("c", "bad"), call("d", after=("a", "c")))
    record = read(program, seen("a", "cancelled"), seen("c", "failed"), state="cancelled")
    assert states(record) == spell("a cancelled, c failed, d blocked")


def test_a_result_with_a_missing_path_is_none() -> None:
    program = pipeline(call("a", "give", x=Const(value={})), result=Out(ref="a", path=("k",)))
    assert read(program, seen("a", output={}), state="succeeded").result is None


@pytest.mark.parametrize("kind", ["if", "loop"])
def test_a_region_that_nobody_knows_the_way_of_says_nothing_and_hides_no_failure_beside_it(kind: str) -> None:
    region = (
        when("r", (less("$n", 1), [call("a")]), (None, [call("b")]), m=["$a", "$b"])
        if kind == "if"
        else each("r", "$n", call("a"), m="$a")
    )
    program = pipeline(
        call("n", "give"),
        region,
        call("z", "bad"),
        call("after", after=("r",)),
        call("takes", x="$m"),
        call("both", after=("r", "z")),
        call("takes_both", x="$m", after=("z",)),
    )
    # Of a run that was cancelled, what left no trace may have been about to come.
    record = read(program, seen("n"), seen("z", "failed"), state="cancelled")
    assert states(record) == spell("n ok, z failed, both blocked, takes_both blocked")
    assert record.notes == ("the output of n is not known; nothing is concluded from it",)
