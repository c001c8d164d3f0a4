"""A verdict carries its weight: what was compared, what one run cannot show, what is flaky, and where differences come
from; records that cannot be right, or are of another run, are named and never *equivalent*."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from pipeglot.author.read import read
from pipeglot.cli import main
from pipeglot.compare.ignore import Rule, Rules
from pipeglot.compare.judge import judge
from pipeglot.compare.model import CallSource, Injected, Report, Side
from pipeglot.compare.weight import Coverage, Declared, Tally
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import CallRecord, Record
from pipeglot.meaning.run import execute
from pipeglot.migrate.source_code import authored, native

CASES = Path(__file__).parent / "data" / "cases" / "verdicts"
WHEN = datetime(2026, 3, 2, 6, tzinfo=timezone.utc)
FAILS = ('    return [{"id": i, "amount"', '    raise OSError("source away")\n    return [{"id": i, "amount"')
WRONG = ('"amount": i / 4', '"amount": i / 3')


@lru_cache
def pipeline() -> Pipeline:
    return read(str(CASES / "mini.py")).pipeline


@lru_cache
def run(*edits: tuple[str, str], **params: Any) -> Record:
    """A reference run of the small pipeline with its source edited."""
    text = (CASES / "mini.py").read_text("utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "mini.py")
        file.write_text(text, encoding="utf-8")
        return execute(read(str(file)).pipeline, params=params, logical_date=WHEN)


def judged(old: Record | Sequence[Record], new: Record | Sequence[Record], **more: Any) -> Report:
    def side(spec: str, records: Record | Sequence[Record]) -> Side:
        own = (records,) if isinstance(records, Record) else tuple(records)
        return Side(spec=spec, engine="local", records=own)

    params = {"n": 5, "least": 1.0}
    given = {"params": params, "logical_date": WHEN, "started": WHEN, **more}
    return judge(pipeline(), side("old", old), side("new", new), **given)


def edited(record: Record, id: str, at: tuple[int, ...] = (), **update: Any) -> Record:
    calls = [one.model_copy(update=update) if (one.id, one.index) == (id, at) else one for one in record.calls]
    assert calls != list(record.calls)
    return record.model_copy(update={"calls": tuple(calls)})


def without_output(call: CallRecord) -> CallRecord:
    known = call.model_fields_set - {"output"}
    return CallRecord.model_construct(known, **{name: getattr(call, name) for name in known})


def without_outputs(record: Record, *ids: str) -> Record:
    calls = [without_output(one) if not ids or one.id in ids else one for one in record.calls]
    return record.model_copy(update={"calls": tuple(calls)})


def found(run: Report) -> list[tuple[str, str | None, str]]:
    return [(one.kind, one.call, one.path) for one in run.differences]


# ---------------------------------------------------------------- coverage


def test_the_verdict_says_how_much_was_compared() -> None:
    verdict = judged(run(), run())
    assert verdict.verdict == "equivalent" and not verdict.differences
    assert verdict.coverage == Coverage(
        instances=10,
        state=Tally(agree=10),
        attempts=Tally(agree=10),
        order=Tally(agree=7),
        output=Tally(agree=8),
        result=Tally(agree=1),
    )
    agreed = "all 10 call instances agree in states, attempts, order, outputs and result; "
    assert verdict.why == agreed + "one run of the old side and one run of the new one"


def test_nothing_masked_or_unknown_counts_as_agreeing() -> None:
    rule = Rule(call="best", path="$", reason="known", until=date(2026, 12, 31))
    silent = [without_output(one) if one.id == "total" else one for one in run().calls]
    new = edited(run().model_copy(update={"calls": tuple(silent), "result_observed": False}), "best", output=9.0)
    verdict = judged(run(), new, rules=Rules(ignore=(rule,)))
    assert verdict.verdict == "equivalent"
    assert verdict.coverage.output == Tally(agree=6, masked=1, unknown=1)
    assert verdict.coverage.result == Tally(unknown=1)
    told = {gap.what: gap.calls for gap in verdict.not_compared}
    assert told["outputs on the new side"] == ("total",) and "the result on the new side" in told
    derived = judged(run(), edited(run(), "keep", observed=False))
    assert derived.coverage.state == Tally(agree=9, unknown=1)
    assert derived.why.startswith("10 call instances: states 9 of 10 agree (1 not known), ")


def test_without_any_output_it_is_equivalent_in_states_only_where_that_is_asked_for() -> None:
    verdict = judged(run(), without_outputs(run()))
    assert verdict.verdict == "inconclusive" and verdict.coverage.output == Tally(unknown=8)
    assert "no output was compared" in verdict.why
    verdict = judged(run(), without_outputs(run()), required="states")
    assert verdict.verdict == "equivalent" and verdict.why.startswith("in states and order; no output was compared")


def test_times_that_are_not_told_leave_the_order_unknown() -> None:
    timeless = [one.model_copy(update={"started": None, "ended": None}) for one in run().calls]
    verdict = judged(run(), run().model_copy(update={"calls": tuple(timeless)}))
    assert verdict.verdict == "equivalent" and verdict.coverage.order == Tally(unknown=7)
    assert "the order on the new side" in {gap.what for gap in verdict.not_compared}


# ---------------------------------------------------------------- executions


def test_a_call_made_twice_is_a_difference() -> None:
    first = next(one for one in run().calls if one.id == "publish")
    wrong = first.model_copy(update={"output": "published 0.00", "started": first.started})
    new = run().model_copy(update={"calls": (wrong, *run().calls)})
    verdict = judged(run(), new)
    assert verdict.verdict == "diverged" and ("repeated", "publish", "") in found(verdict)
    assert judged(new, new).verdict == "equivalent"


def test_a_run_that_began_three_times_is_a_difference() -> None:
    verdict = judged(run(), run().model_copy(update={"attempts": 3}))
    assert verdict.verdict == "diverged" and found(verdict) == [("attempts", None, "")]


# ---------------------------------------------------------------- records


def other(record: Record, **update: Any) -> Record:
    return record.model_copy(update=update)


def late(record: Record) -> Record:
    total = next(one for one in record.calls if one.id == "total")
    assert total.started is not None
    return edited(record, "total", ended=total.started - timedelta(seconds=1))


FAULTS: list[tuple[str, Callable[[Record], Record], str | None, str]] = [
    ("another pipeline", lambda r: other(r, pipeline="maxi"), None, "pipeline"),
    ("other params", lambda r: other(r, params={"n": 6, "least": 1.0}), None, "params.n"),
    ("a param of another type", lambda r: other(r, params={"n": 5, "least": 1}), None, "params.least"),
    ("a param that is not told", lambda r: other(r, params={"n": 5}), None, "params.least"),
    ("another logical date", lambda r: other(r, logical_date="2026-03-03T06:00:00Z"), None, "logical_date"),
    ("no logical date", lambda r: other(r, logical_date=None), None, "logical_date"),
    ("an end before the start", late, "total", "times"),
    ("a success without an attempt", lambda r: edited(r, "total", attempts=0), "total", "attempts"),
    ("a run that failed for no reason", lambda r: other(r, state="failed"), "flaky", "state"),
    ("a run that ended before it started", lambda r: other(r, ended=WHEN), None, "times"),
    ("a loop too many", lambda r: edited(r, "total", index=(0,)), "total", "index"),
    ("a loop too few", lambda r: edited(r, "score", (0,), index=()), "score", "index"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "call", "path"), FAULTS, ids=[name for name, *_ in FAULTS])
@pytest.mark.parametrize("sides", ["old", "new", "both"])
def test_a_record_that_cannot_be_right_is_named_and_never_equivalent(
    name: str, change: Callable[[Record], Record], call: str | None, path: str, sides: str
) -> None:
    wrong = change(run())
    verdict = judged(wrong if sides != "new" else run(), wrong if sides != "old" else run())
    if sides == "both" and name in ("no logical date", "a param that is not told"):
        assert verdict.verdict == "equivalent", "nothing says that it is another"
        return
    assert ("record", call, path) in found(verdict)
    assert verdict.verdict == "diverged" if {kind for kind, *_ in found(verdict)} != {"record"} else "inconclusive"


def test_no_calls_at_all_are_never_equivalent() -> None:
    nothing = run().model_copy(update={"calls": ()})
    assert judged(nothing, nothing).verdict == "inconclusive"
    assert judged(run(), nothing).verdict == "diverged"
    assert ("record", None, "calls") in found(judged(nothing, nothing))


def test_calls_that_the_pipeline_does_not_have_are_never_equivalent() -> None:
    more = run().model_copy(update={"calls": (*run().calls, CallRecord(id="other", state="skipped"))})
    assert judged(more, more).verdict == "inconclusive" and found(judged(more, more)) == [("record", "other", "id")]
    assert found(judged(run(), more)) == [("extra", "other", "")]


def test_a_rule_accepts_a_record_of_another_run() -> None:
    rule = Rule(kind="record", path="logical_date", reason="a quiet day", until=date(2026, 12, 31))
    another = other(run(), logical_date="2026-03-03T06:00:00Z")
    assert judged(another, run(), rules=Rules(ignore=(rule,))).verdict == "equivalent"


WRITTEN: dict[str, Callable[[dict[str, Any]], None]] = {
    "no schema": lambda told: told.pop("schema"),
    "another schema": lambda told: told.update(schema="pipeglot.record/9"),
    "a time without a zone": lambda told: told.update(started="2026-03-02T06:00:00"),
    "a time that is a number": lambda told: told["calls"][0].update(started=12),
    "a time that is no time": lambda told: told["calls"][0].update(started="soon"),
    "a logical date that is none": lambda told: told.update(logical_date="monday"),
    "a logical date without a zone": lambda told: told.update(logical_date="2026-03-02T06:00:00"),
    "attempts below none": lambda told: told["calls"][0].update(attempts=-1),
    "attempts that are text": lambda told: told["calls"][0].update(attempts="1"),
    "an index below 0": lambda told: told["calls"][0].update(index=[-1]),
    "a state that is none": lambda told: told["calls"][0].update(state="fine"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_that_is_no_record_is_refused(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = json.loads((CASES / "mini.rec.json").read_text("utf-8"))
    WRITTEN[name](told)
    Path("wrong.json").write_text(json.dumps(told), "utf-8")
    assert main(["migrate", "dry-run", str(CASES / "mini.py"), "--old", "record:wrong.json", "--new", "local"]) == 2
    assert "PG360 wrong.json is not a record" in capsys.readouterr().err


def test_a_record_of_an_earlier_version_is_read_and_its_result_is_not_taken_for_observed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kept = CASES / "mini.rec.json"
    assert main(["migrate", "dry-run", str(CASES / "mini.py"), "--old", f"record:{kept}", "--new", "local"]) == 0
    out = capsys.readouterr().out
    assert "outputs 8 of 8" in out and "the result on the old side" in out


# ---------------------------------------------------------------- several runs


GOOD, BAD, OTHER = ((), (FAILS,), (WRONG,))


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ((BAD, GOOD), (OTHER, OTHER), "diverged"),
        ((GOOD, BAD), (OTHER, OTHER), "diverged"),
        ((BAD, GOOD), (BAD, BAD), "inconclusive"),
        ((GOOD, BAD), (BAD, BAD), "inconclusive"),
        ((GOOD, BAD), (GOOD, GOOD), "inconclusive"),
        ((BAD, GOOD), (GOOD, BAD), "inconclusive"),
        ((GOOD, GOOD), (GOOD, BAD), "diverged"),
        ((GOOD, GOOD), (BAD, GOOD), "diverged"),
        ((GOOD, GOOD, BAD), (GOOD, GOOD, OTHER), "diverged"),
        ((GOOD, GOOD), (GOOD, GOOD), "equivalent"),
    ],
)
def test_what_the_old_side_does_differently_from_run_to_run_is_flaky(old: Any, new: Any, verdict: str) -> None:
    judgement = judged([run(*edits) for edits in old], [run(*edits) for edits in new])
    assert judgement.verdict == verdict
    assert bool(judgement.flaky) == (BAD in old and GOOD in old)
    if judgement.flaky:
        first = judgement.flaky[0]
        assert (first.call, len(first.old), len(first.new)) == ("load", len(old), len(new))
    if verdict == "inconclusive":
        assert "of load" in judgement.why and not judgement.differences
    if OTHER in new:
        assert ("output", "load", "$[1].amount") in found(judgement)


def test_a_new_side_that_differs_from_every_run_of_a_flaky_old_one_diverged() -> None:
    more = edited(run(), "load", attempts=2)
    judgement = judged([run(), more], [edited(run(), "load", attempts=3)] * 2)
    assert judgement.verdict == "diverged" and found(judgement) == [("attempts", "load", "")]
    assert judged([run(), more], [more, more]).verdict == "inconclusive"


def test_a_value_is_noise_only_where_old_runs_that_have_it_differ() -> None:
    first, second = edited(run(), "total", output=2.0), edited(run(), "total", output=3.0)
    judgement = judged([first, second], [run(), run()])
    assert judgement.verdict == "equivalent" and judgement.coverage.output == Tally(agree=7, masked=1)
    assert judged([run(), run()], [first, second]).verdict == "diverged"


# ---------------------------------------------------------------- findings


def test_one_changed_constant_is_one_finding() -> None:
    judgement = judged(run(), run(WRONG))
    (finding,) = judgement.findings
    assert finding.call == "load"
    assert {judgement.differences[n].call for n in finding.cause} == {"load"}
    assert sorted([*finding.cause, *finding.consequences]) == list(range(len(judgement.differences)))
    followers = {judgement.differences[n].call for n in finding.consequences}
    assert followers == {"total", "score", "best", "publish", None}


def test_a_failure_and_what_it_stops_are_one_finding() -> None:
    judgement = judged(run(), run(FAILS))
    assert [one.call for one in judgement.findings] == ["load"]


def test_two_causes_are_two_findings() -> None:
    judgement = judged(run(), run(WRONG, ("return total * w", "return total * w + 1")))
    assert [one.call for one in judgement.findings] == ["load"], "score was given other values: nothing is known of it"
    smallest, loud = ("return max(scores)", "return min(scores)"), ("print(text)", "raise ValueError(text)")
    judgement = judged(run(), run(smallest, loud))
    assert [one.call for one in judgement.findings] == ["best", "notify"]


def test_what_did_not_show_passes_on_what_is_above_it() -> None:
    judgement = judged(run(), without_outputs(run(WRONG), "total", "score"))
    assert [one.call for one in judgement.findings] == ["load"]


def test_a_result_that_no_output_explains_is_a_finding_of_its_own() -> None:
    publish = next(one for one in run().calls if one.id == "publish")
    new = run().model_copy(update={"calls": (*run().calls, publish), "result": "something else"})
    judgement = judged(run(), new)
    assert [(one.call, len(one.cause)) for one in judgement.findings] == [(None, 1), ("publish", 1)]


def test_a_finding_shows_the_code_of_both_sides() -> None:
    sides = [
        Side(
            spec=name,
            engine="local",
            records=(record,),
            sources={
                "load": CallSource(file=f"{name}.py", line=4, text="def load():", code=f"def load():\n    return {n}")
            },
        )
        for n, (name, record) in enumerate((("old", run()), ("new", run(WRONG))))
    ]
    judgement = judge(pipeline(), *sides, params={"n": 5, "least": 1.0}, logical_date=WHEN, started=WHEN)
    (finding,) = judgement.findings
    assert finding.old is not None and finding.old.file == "old.py"
    assert "-    return 0\n+    return 1" in finding.diff and finding.diff.startswith("--- old.py:4\n+++ new.py:4")


LEGACY = """
from airflow.sdk import dag, task
from airflow.providers.standard.operators.python import PythonOperator

def fetch():
    return [3]

@dag
def mini():
    @task(task_id="Total")
    def add_up(rows):
        return sum(rows)
    @task
    def best_of(scores): return max(scores)
    PythonOperator(task_id="group.load", python_callable=fetch) >> add_up()
"""


def test_the_code_of_a_call_is_found_in_the_authors_file_and_in_native_code(tmp_path: Path) -> None:
    here = authored(pipeline())
    lines = (CASES / "mini.py").read_text("utf-8").splitlines()
    assert here["load"].file == "mini.py" and "= load(run.day, n)" in lines[here["load"].line - 1]
    assert "def load(" in here["load"].code
    (tmp_path / "legacy.py").write_text(LEGACY, "utf-8")
    there = native(tmp_path / "legacy.py", pipeline(), {"best_of": "best"})
    assert {id: (one.line, one.text) for id, one in there.items()} == {
        "load": (5, "def fetch():"),
        "total": (10, "def add_up(rows):"),
        "best": (13, "def best_of(scores): return max(scores)"),
    }
    assert there["total"].code == '@task(task_id="Total")\ndef add_up(rows):\n    return sum(rows)'
    (tmp_path / "legacy.py").write_text("def broken(:", "utf-8")
    assert native(tmp_path / "legacy.py", pipeline(), {}) == {}


# ---------------------------------------------------------------- what is not exercised, what is declared


def lacks(judgement: Report) -> dict[str, tuple[tuple[str, ...], str]]:
    return {one.what: (one.calls, one.how) for one in judgement.not_exercised}


def test_what_one_run_cannot_show_is_listed_with_what_would() -> None:
    said = lacks(judged(run(), run()))
    assert said["retries"] == (("load",), "--inject load")
    assert said["failures, and what they stop"][0] == ("load", "total", "score", "best", "publish", "keep")
    assert "tolerated failures, and the value in their place" not in said, "flaky fails in every run"
    assert said["the arm 'otherwise' of if_publish"][0] == ("keep",)
    assert said["the finaliser after a failure"] == (("notify",), "--inject all")
    assert said["a failure of the finaliser"] == (("notify",), "--inject notify")
    assert said["other values of params: n, least"] == ((), "-p n=... -p least=...")
    assert said["what calls were given"][0] == ("flaky", "notify"), "one fails, and one gives None"
    assert not [what for what in said if "more than one item" in what]


def test_what_was_made_to_happen_is_exercised() -> None:
    made = [
        Injected(name="load fails once", call="load", failures=1),
        *(Injected(name=id, call=id) for id in ("load", "total", "score", "best", "publish", "keep", "notify")),
    ]
    said = lacks(judged(run(least=9.0), run(least=9.0), injected=made, params={"n": 5, "least": 9.0}))
    assert list(said) == [
        "what calls were given",
        "the arm 'best >= least' of if_publish",
        "other values of params: n",
    ]


def test_a_declared_policy_that_differs_counts_unless_a_rule_covers_it() -> None:
    declared = [
        Declared(call="load", task="load", name="retries", old=3, new=1, verdict="differ"),
        Declared(name="schedule", old="@daily", new="0 0 * * *", verdict="agree"),
        Declared(name="catch_up", old=True, verdict="unknown"),
    ]
    judgement = judged(run(), run(), declared=declared)
    assert judgement.verdict == "diverged" and found(judgement) == [("declared", "load", "retries")]
    assert judgement.declared == tuple(declared) and [one.call for one in judgement.findings] == ["load"]
    rule = Rule(call="load", kind="declared", path="retries", reason="agreed", until=date(2026, 12, 31))
    assert judged(run(), run(), declared=declared, rules=Rules(ignore=(rule,))).verdict == "equivalent"


@pytest.mark.parametrize("text", ["nan", "inf", "-1e-9", "1", "much"])
def test_a_tolerance_is_a_number_from_0_to_below_1(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    ask = ["migrate", "dry-run", str(CASES / "mini.py"), "--old", "local", "--new", "local", f"--tolerance={text}"]
    with pytest.raises(SystemExit) as ended:
        main(ask)
    assert ended.value.code == 2 and "no number from 0 to below 1" in capsys.readouterr().err


def test_a_param_that_the_pipeline_does_not_have_counts_where_both_sides_tell_it() -> None:
    def with_more(**more: int) -> Record:
        return other(run(), params={"n": 5, "least": 1.0, **more})

    assert ("record", None, "params.z") in found(judged(with_more(z=1), with_more(z=2)))
    assert judged(with_more(z=1), run()).verdict == "equivalent"
