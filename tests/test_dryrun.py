"""A dry-run says what two sides did, does nothing external unasked, and shows nothing secret."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from pipeglot import (
    collect,
    continue_,
    each,
    external,
    finally_,
    merge,
    otherwise,
    pipeline,
    run,
    shell,
    step,
    when,
)
from pipeglot.backends.base import Compiled
from pipeglot.cli import main
from pipeglot.compare.model import NotCompared, Report
from pipeglot.compare.records import compare
from pipeglot.core.check import check
from pipeglot.core.dataclass import replace
from pipeglot.core.diagnostic import AuthoringError, Diagnostic, EngineError, PipeglotError
from pipeglot.core.ir import Call, Container, Out, Parameter, Pipeline, Policy, Secret, Shell, Step
from pipeglot.core.record import CallRecord, Failure, Record
from pipeglot.meaning.run import execute
from pipeglot.migrate.dryrun import DryRunOptions, dry_run
from pipeglot.migrate.report import html, markdown
from pipeglot.migrate.runner import RunRequest
from pipeglot.migrate.scenarios import replay, scenarios, stubbed
from pipeglot.migrate.sides import LocalSide, RecordedSide, side
from pipeglot.migrate.stub import played, with_stubs
from pipeglot.redact.masks import MASK
from tests.conftest import first
from tests.random_pipelines import given, numbered


@step
def load(day: str) -> list[int]:
    return [len(day), 2, 3]


@step(retries=2)
def double(n: int) -> int:
    return 2 * n


@step
def fails_on_four(n: int) -> int:
    if n == 4:
        raise ValueError("four")
    return n


@shell('echo "$name"')
def shout(name: str) -> None: ...


@step(effects=external(answer="sent"))
def send(text: str) -> str:
    raise AssertionError("it was really sent")


@step(effects="external")
def deploy(text: str) -> str:
    return f"deployed {text}"


@pipeline
def plain(day: str = "2026", enough: int = 3) -> str:
    rows = load(day)
    with each(rows) as n:
        twice = double(n)
        fails_on_four.options(on_failure=continue_(default=0))(twice)
    first = double.options(id="first")(enough)
    with when(first > 4):
        new = shout("new")
    with otherwise():
        old = shout("old")
    return merge(new, old)


@pipeline
def effectful(text: str = "hello") -> str:
    return send(deploy(text))


def here(made: Pipeline, plan: Any, monkeypatch: pytest.MonkeyPatch, **params: Any) -> Record:
    """A run on the reference with stand-ins."""
    changed = with_stubs(made, plan)
    assert [d for d in check(changed) if d.severity == "error"] == []
    with played(plan) as env:
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        return execute(changed, params=params)


def test_a_replay_gives_the_same_record_without_running_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    record = execute(plain.ir())
    assert record.state == "succeeded"
    # A step that is run now is another one: the code of all of them is broken.
    broken = plain.ir()
    code = tuple(
        replace(c, text=c.text.replace("return ", "raise SystemExit #")) if c.kind == "function" else c
        for c in broken.code
    )
    broken = replace(broken, code=code)
    again = here(broken, replay(plain.ir(), record), monkeypatch)
    assert [c.output for c in again.calls if c.id != "shout"] == [c.output for c in record.calls if c.id != "shout"]
    assert compare(record, again) == []


def test_a_replay_fails_where_the_record_failed_and_as_often(monkeypatch: pytest.MonkeyPatch) -> None:
    record = execute(plain.ir())
    calls = [c.model_copy(update={"attempts": 3}) if c.id == "first" else c for c in record.calls]
    record = record.model_copy(update={"calls": tuple(calls)})
    again = here(plain.ir(), replay(plain.ir(), record), monkeypatch)
    assert compare(record, again) == []
    assert {c.id: (c.state, c.attempts) for c in again.calls}["first"] == ("succeeded", 3)


def test_an_input_that_the_record_does_not_have_gets_a_made_up_answer_on_both_sides_and_is_named() -> None:
    record = execute(plain.ir())
    found = dry_run(plain.ir(), LocalSide(), LocalSide(), DryRunOptions(replay=record), params={"day": "20"})
    assert found.verdict == "equivalent"
    assert [gap.calls for gap in found.not_compared if "made-up answer" in gap.why] == [("load",)]


def test_answers_that_are_made_up_agree_in_nothing() -> None:
    record = execute(plain.ir())
    silent = DryRunOptions(replay=record.model_copy(update={"calls": ()}))
    found = dry_run(plain.ir(), LocalSide(), LocalSide(), silent)
    assert found.verdict == "inconclusive" and found.coverage.output.agree == 0 < found.coverage.output.unknown
    another = DryRunOptions(replay=record.model_copy(update={"pipeline": "another"}))
    found = dry_run(plain.ir(), LocalSide(), LocalSide(), another)
    assert found.verdict == "inconclusive" and [one.path for one in found.differences] == ["pipeline"]


def test_an_input_that_only_one_side_gives_is_a_difference() -> None:
    record = execute(plain.ir())
    found = dry_run(plain.ir(), Fake([record]), LocalSide(), DryRunOptions(replay=record), params={"day": "20"})
    assert found.verdict == "diverged"
    assert [(one.call, one.new) for one in found.differences if one.kind == "input"] == [("load", {"day": "20"})]


def test_a_replay_needs_none_of_the_programs_that_steps_are() -> None:
    steps = (
        Step(name="box", run=Container(image="nowhere/none"), returns={"type": "string"}),
        Step(name="say", run=Shell(script="exit 3"), parameters=(Parameter(name="text"),), returns={"type": "string"}),
    )
    boxed = Call(id="box", step="box", policy=Policy(secrets=(Secret(env="NOT_THERE"),)))
    said = Call(id="say", step="say", args={"text": Out(ref="box")})
    made = Pipeline(name="p", steps=steps, body=(boxed, said), result=Out(ref="say"))
    calls = [CallRecord(id=id, state="succeeded", attempts=1, output=f"{id} said") for id in ("box", "say")]
    record = Record(
        pipeline="p",
        engine="kfp",
        engine_version="2",
        state="succeeded",
        logical_date="2026-03-02T05:00:00Z",
        result="say said",
        calls=tuple(calls),
    )
    found = dry_run(
        made, RecordedSide("record:x", record), LocalSide(), DryRunOptions(replay=record, required="outputs")
    )
    assert found.verdict == "equivalent", (found.why, found.differences)


def test_external_effects_are_refused_unless_asked_for() -> None:
    with pytest.raises(AuthoringError) as error:
        dry_run(effectful.ir(), LocalSide(), LocalSide())
    assert [(d.code, d.message.split("'")[1]) for d in error.value.diagnostics] == [
        ("PG362", "deploy"),
        ("PG362", "send"),
    ]


def test_external_effects_answer_what_is_declared_or_recorded() -> None:
    with pytest.raises(AuthoringError, match="deploy"):
        stubbed(effectful.ir())
    declared = effectful.ir()
    deploys, sends = (node for node in declared.body if isinstance(node, Call))
    declared = replace(declared, body=(replace(deploys, policy=sends.policy), sends))
    found = dry_run(declared, LocalSide(), LocalSide(), DryRunOptions(effects="stub"))
    assert found.verdict == "equivalent" and found.old.record is not None
    assert {c.id: c.output for c in found.old.record.calls} == {"deploy": "sent", "send": "sent"}


def test_effects_run_does_them() -> None:
    found = dry_run(effectful.ir(), LocalSide(), LocalSide(), DryRunOptions(effects="run"))
    assert found.old.record is not None
    assert [c.state for c in found.old.record.calls] == ["succeeded", "failed"]


def test_failures_made_on_purpose_cover_every_instance_and_retry() -> None:
    record = execute(plain.ir())
    made = scenarios(plain.ir(), record, "all")
    names = {one.name for one in made}
    assert {"load fails", "double[1] fails once", "double[1] fails twice", "double[1] fails", "shout fails"} <= names
    assert len(scenarios(plain.ir(), record, "sample:3")) == 3
    assert {one.call for one in scenarios(plain.ir(), record, "first")} == {"first"}
    assert scenarios(plain.ir(), record, "old") == []  # it did not run


def test_failures_made_on_purpose_are_compared() -> None:
    found = dry_run(plain.ir(), LocalSide(), LocalSide(), DryRunOptions(inject="all"))
    assert found.verdict == "equivalent", found.why
    assert len(found.injected) >= 12
    assert "injected failures" in found.why


WHEN = datetime(2026, 3, 2, 5, tzinfo=timezone.utc)


class Shape(BaseModel):
    """What has a meaning beyond its JSON type."""

    day: date
    sides: Annotated[list[int], Field(min_length=2, max_length=5)]
    inner: Shape | None = None


@step(retries=1, retry_delay="1h")
def fetch(run_id: str, label: str) -> list[Shape]:
    return [Shape(day=date(2026, 1, n), sides=[n, n]) for n in (1, 2)]


@step(retries=1)
def area(shape: Shape) -> int:
    return shape.sides[0] * shape.sides[1]


@step
def total(areas: list[int]) -> int:
    return sum(areas)


@step
def large(total: int) -> Shape:
    return Shape(day=date(2026, 2, 1), sides=[total, total])


@shell("echo none")
def small() -> None: ...


@step(effects=external(answer="told"))
def tell(text: str, at: str) -> str:
    raise AssertionError("it was really told")


@pipeline
def told(label: str = "x", loops: list[int] = [7, 7, 8]) -> str:  # noqa: B006
    shapes = fetch.options(on_failure=continue_(default=[]))(run.run_id, label)
    with each(shapes) as shape:
        size = area(shape)
    with each(loops) as n:
        double(n)  # two instances are given the same
    sum_ = total(collect(size))
    with when(sum_ > 3):
        shape = large(sum_)
        area.options(id="again")(shape)
        new = shout("large")
    with otherwise():
        old = small()
    with finally_() as outcome:
        tell(f"it {outcome.state}", run.run_id)
    return merge(new, old)


def test_every_failure_spreads_alike_on_a_side_and_on_itself() -> None:
    """Whatever is asked anew meanwhile: by a Final of the outcome, by a loop over other items, in another arm, by what
    takes the default of a tolerated failure. Nobody waits an hour, and nothing is done outside."""
    found = dry_run(told.ir(), LocalSide(), LocalSide(), DryRunOptions(inject="all", effects="stub"))
    assert [str(one) for failure in found.injected for one in failure.differences] == []
    assert found.verdict == "equivalent", found.why
    names = {one.name for one in found.injected}
    assert {"fetch fails once", "area[1] fails", "again fails once", "tell fails", "double[0] fails"} <= names
    invented = {gap.what: gap.why for gap in found.not_compared if "made-up answer" in gap.why}
    assert "fetch fails" in invented["the output of total"]
    assert [gap.calls for gap in found.not_compared if gap.what == "injected failures"] == [("small",)]


@pytest.mark.parametrize("number", first(range(12), keep=6))
def test_every_failure_spreads_alike_in_random_pipelines(number: int) -> None:
    found = dry_run(
        numbered(3, number),
        LocalSide(),
        LocalSide(),
        DryRunOptions(inject="sample:6", effects="stub"),
        params=given(3, number),
        path=[Path(__file__).parent],
    )
    assert found.verdict == "equivalent", (found.why, found.differences, found.injected)


def test_a_failure_that_spreads_otherwise_names_itself_in_each_difference() -> None:
    record = execute(plain.ir(), logical_date=WHEN)
    found = dry_run(plain.ir(), LocalSide(), Fake([record]), DryRunOptions(inject="load"), logical_date=WHEN)
    (failure,) = found.injected
    assert found.verdict == "diverged" and failure.differences
    assert all(str(one).startswith("when load fails: ") for one in failure.differences)


def test_a_failure_that_cannot_be_compared_leaves_the_rest_as_it_was() -> None:
    class Breaking(LocalSide):
        def run(
            self, tasks: Sequence[RunRequest], on_event: Any, stop: threading.Event
        ) -> Iterator[Record | PipeglotError]:
            for number, outcome in enumerate(super().run(tasks, on_event, stop)):
                if len(tasks) > 1 and number == 1:
                    yield EngineError([Diagnostic("PG320", "error", "it died")])
                else:
                    yield outcome

    found = dry_run(plain.ir(), LocalSide(), Breaking(), DryRunOptions(inject="double"))
    assert found.verdict == "inconclusive" and "double[0] fails twice" in found.why
    assert [one.problems for one in found.injected if one.problems] == [("new: PG320 it died",)]
    assert found.new.record is not None and not found.new.problems and found.differences == ()


@pytest.mark.parametrize("chosen", [{"inject": "all"}, {"inject": "load", "repeat": 2}])
@pytest.mark.parametrize("native", [True, False])
def test_what_cannot_be_made_to_fail_is_refused_before_anything_runs(
    tmp_path: Path, chosen: dict[str, Any], native: bool
) -> None:
    (tmp_path / "legacy.py").write_text("legacy = 1")
    record = execute(plain.ir())
    (tmp_path / "run.json").write_text(record.to_json())
    old = side(f"prefect:{tmp_path / 'legacy.py'}" if native else f"record:{tmp_path / 'run.json'}")
    new = Fake([record])
    with pytest.raises(AuthoringError, match="PG366"):
        dry_run(plain.ir(), old, new, DryRunOptions(**chosen))
    assert not new.started.is_set()


@pytest.mark.parametrize("wrong", ["nothing", "sample:0", "sample:x", "double,load"])
def test_a_failure_that_nobody_can_make_is_refused_before_anything_runs(wrong: str) -> None:
    new = Fake([execute(plain.ir())])
    with pytest.raises(AuthoringError, match="PG363"):
        dry_run(plain.ir(), LocalSide(), new, DryRunOptions(inject=wrong))
    assert not new.started.is_set()


@dataclass
class Fake:
    """A side that does what a test says."""

    records: Sequence[Record] = ()
    error: Exception | None = None
    spec: str = "fake"
    engine: str = "fake"
    started: threading.Event = field(default_factory=threading.Event)

    def files(self, pipeline: Pipeline, allow: Sequence[str] = ()) -> Compiled | None:
        return None

    def not_compared(self) -> Sequence[NotCompared]:
        return ()

    def refuses(self) -> str:
        return ""

    def check(self, tasks: Sequence[RunRequest]) -> None: ...

    def run(self, tasks: Sequence[RunRequest], on_event: Any, stop: threading.Event) -> list[Record]:
        self.started.set()
        if self.error:
            raise self.error
        if self.records:
            return [self.records[n % len(self.records)] for n in range(len(tasks))]
        assert stop.wait(20), "nobody stopped it"
        raise EngineError([Diagnostic("PG325", "error", "fake was stopped")])


def test_an_engine_that_fails_makes_it_inconclusive() -> None:
    died = EngineError([Diagnostic("PG320", "error", "it died")])
    found = dry_run(plain.ir(), LocalSide(), Fake(error=died))
    assert found.verdict == "inconclusive" and "PG320 it died" in found.why
    assert found.old.record is not None and found.new.record is None


def test_a_cancelled_run_makes_it_inconclusive() -> None:
    record = execute(plain.ir()).model_copy(update={"state": "cancelled"})
    assert dry_run(plain.ir(), Fake([record]), Fake([record])).verdict == "inconclusive"


def test_stopping_ends_both_sides_and_keeps_what_there_is() -> None:
    stop, slow = threading.Event(), Fake()

    def end() -> None:
        slow.started.wait()
        time.sleep(0.05)
        stop.set()

    threading.Thread(target=end).start()
    found = dry_run(plain.ir(), LocalSide(), slow, stop=stop)
    assert found.verdict == "inconclusive"
    assert found.old.record is not None and found.old.record.state == "succeeded"


def test_both_sides_run_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=20)

    class Meeting(Fake):
        def run(self, tasks: Sequence[RunRequest], on_event: Any, stop: threading.Event) -> list[Record]:
            both.wait()
            return super().run(tasks, on_event, stop)

    record = execute(plain.ir(), logical_date=WHEN)
    assert dry_run(plain.ir(), Meeting([record]), Meeting([record]), logical_date=WHEN).verdict == "equivalent"


def test_no_credential_is_in_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    canary = 'c"nary\\ü-4711'
    monkeypatch.setenv("MODEL_STORE_TOKEN", canary)
    record = execute(plain.ir())
    everywhere = [
        c.model_copy(update={"output": {canary: [canary]}, "error": Failure(type=canary, message=f"at {canary}.")})
        for c in record.calls
    ]
    told = record.model_copy(update={"calls": tuple(everywhere), "notes": (canary,), "result": canary})
    found = dry_run(plain.ir(), RecordedSide("record:x", record), Fake([told]), params={"day": canary})
    text = found.to_json()
    assert found.verdict == "diverged" and MASK in text
    for shown in (canary, json.dumps(canary)[1:-1], json.dumps(canary, ensure_ascii=False)[1:-1]):
        assert shown not in text


def test_half_a_character_that_an_engine_handed_on_is_written_as_its_escape() -> None:
    record = execute(plain.ir())
    half = "a\ud801"
    told = record.model_copy(
        update={
            "calls": tuple(c.model_copy(update={"output": {half: [half]}}) for c in record.calls),
            "notes": (half,),
            "result": half,
        }
    )
    found = dry_run(plain.ir(), RecordedSide("record:x", record), Fake([told]))
    assert found.verdict == "diverged"
    for text in (found.to_json(), told.to_json(), markdown(found), html(found)):
        assert text.encode() and r"a\ud801" in text.replace(r"\\", "\\")
    assert Report.from_json(found.to_json()).new.records[0].result == r"a\ud801"


# ---------------------------------------------------------------- sides and the command line


@pytest.mark.parametrize("spec", ["nothing", "airflow:x:y:z", "record:/does/not/exist.json", "what:ever", ""])
def test_a_side_that_is_none_is_a_clear_error(spec: str) -> None:
    with pytest.raises(Exception) as error:
        side(spec)
    assert {d.code for d in error.value.diagnostics} <= {"PG201", "PG360"}  # type: ignore[attr-defined]


SOURCE = """
from pipeglot import pipeline, step


@step
def double(n: int) -> int:
    return 2 * n


@pipeline
def twice(n: int = 2) -> int:
    return double(double(n))
"""


def test_the_exit_code_is_the_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "twice.py").write_text(SOURCE)
    source, record = str(tmp_path / "twice.py"), str(tmp_path / "record.json")
    assert main(["run", source, "--record", record]) == 0
    ask = ["migrate", "dry-run", source, "--old", f"record:{record}", "--out", str(tmp_path / "out")]
    ask += ["--history", str(tmp_path / "history.sqlite")]
    assert main([*ask, "--new", "local"]) == 0
    assert "EQUIVALENT" in capsys.readouterr().out
    assert main([*ask, "--new", "local", "-p", "n=3"]) == 1
    out = capsys.readouterr().out
    assert "DIVERGED" in out and "output double at $: 4 -> 6" in out and "not compared" in out
    made = json.loads((tmp_path / "out" / "dryrun.json").read_text())
    assert made["schema"] == "pipeglot.dryrun/1" and made["verdict"] == "diverged"
    assert "diverged" in (tmp_path / "out" / "report.md").read_text().lower()
    assert "<html" in (tmp_path / "out" / "report.html").read_text()
    assert main(["migrate", "history", "--history", str(tmp_path / "history.sqlite")]) == 1
    assert "not ready" in capsys.readouterr().out


def test_rules_are_read_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "twice.py").write_text(SOURCE)
    source, record = str(tmp_path / "twice.py"), str(tmp_path / "record.json")
    main(["run", source, "--record", record])
    rules = tmp_path / "ignore.toml"
    ask = ["migrate", "dry-run", source, "--old", f"record:{record}", "--new", "local", "-p", "n=3"]
    ask += ["--out", str(tmp_path / "out"), "--history", str(tmp_path / "h.sqlite"), "--ignore", str(rules)]
    rules.write_text('[[ignore]]\ncall = "double"\nreason = "r"\n')
    assert main(ask) == 2
    assert "until" in capsys.readouterr().err
    rule = '[[ignore]]\ncall = "{}"\nreason = "known"\nuntil = 2999-01-01\n'
    rules.write_text(
        rule.format("double") + rule.format("double_2") + '[[ignore]]\nreason = "known"\nuntil = 2999-01-01\n'
    )
    assert main(ask) == 3, "the record is of another run, which no rule says is known"
    with rules.open("a") as file:
        file.write('[[ignore]]\nkind = "record"\npath = "params.n"\nreason = "known"\nuntil = 2999-01-01\n')
    assert main(ask) == 3, "nothing is left that was compared"
    assert main([*ask, "--require", "states"]) == 0
    assert "not counted (ignored)" in capsys.readouterr().out
