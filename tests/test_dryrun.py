"""A dry-run says what two sides did, does nothing external unasked, and shows nothing secret."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipeglot import continue_, each, external, merge, otherwise, pipeline, shell, step, when
from pipeglot.backends.base import Compiled
from pipeglot.cli import main
from pipeglot.core.check import check
from pipeglot.core.diagnostic import AuthoringError, Diagnostic, EngineError
from pipeglot.core.ir import Call, Pipeline
from pipeglot.core.record import Failure, Record
from pipeglot.core.run import execute
from pipeglot.migrate.compare import compare
from pipeglot.migrate.dryrun import Choices, dry_run
from pipeglot.migrate.model import NotCompared
from pipeglot.migrate.plans import replay, scenarios, stubbed
from pipeglot.migrate.secrets import MASK
from pipeglot.migrate.sides import LocalSide, RecordedSide, Task, side
from pipeglot.migrate.standin import played, with_standins


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
    changed = with_standins(made, plan)
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
        c.model_copy(update={"text": c.text.replace("return ", "raise SystemExit #")}) if c.kind == "function" else c
        for c in broken.code
    )
    broken = broken.model_copy(update={"code": code})
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


def test_an_input_that_the_record_does_not_have_is_reported() -> None:
    record = execute(plain.ir())
    found = dry_run(plain.ir(), LocalSide(), LocalSide(), Choices(replay=record), params={"day": "20"})
    assert found.verdict == "diverged"
    asked = [(one.call, one.old or one.new) for one in found.differences if one.kind == "input"]
    assert asked == [("load", {"day": "20"})] * 2


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
    declared = declared.model_copy(update={"body": (deploys.model_copy(update={"policy": sends.policy}), sends)})
    found = dry_run(declared, LocalSide(), LocalSide(), Choices(effects="stub"))
    assert found.verdict == "equivalent" and found.old.record is not None
    assert {c.id: c.output for c in found.old.record.calls} == {"deploy": "sent", "send": "sent"}


def test_effects_run_does_them() -> None:
    found = dry_run(effectful.ir(), LocalSide(), LocalSide(), Choices(effects="run"))
    assert found.old.record is not None
    assert [c.state for c in found.old.record.calls] == ["succeeded", "failed"]


def test_failures_made_on_purpose_cover_every_instance_and_retry() -> None:
    record = execute(plain.ir())
    made = scenarios(plain.ir(), record, "all")
    names = {one.name for one in made}
    assert {"load fails", "double[1] fails once", "double[1] fails twice", "double[1] fails", "shout fails"} <= names
    assert len(scenarios(plain.ir(), record, "sample:3")) == 3
    assert {one.call for one in scenarios(plain.ir(), record, "first")} == {"first"}
    with pytest.raises(AuthoringError, match="no call of that name"):
        scenarios(plain.ir(), record, "nothing")


def test_failures_made_on_purpose_are_compared() -> None:
    found = dry_run(plain.ir(), LocalSide(), LocalSide(), Choices(inject="all"))
    assert found.verdict == "equivalent", found.why
    assert len(found.injected) >= 12
    assert "failures made on purpose" in found.why


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

    def run(self, tasks: Sequence[Task], on_event: Any, stop: threading.Event) -> list[Record]:
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
        def run(self, tasks: Sequence[Task], on_event: Any, stop: threading.Event) -> list[Record]:
            both.wait()
            return super().run(tasks, on_event, stop)

    record = execute(plain.ir())
    assert dry_run(plain.ir(), Meeting([record]), Meeting([record])).verdict == "equivalent"


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
    assert main(ask) == 0
    assert "not counted (ignored)" in capsys.readouterr().out
