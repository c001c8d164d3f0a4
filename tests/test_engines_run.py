"""Running hand-written DAGs and flows on the real engines: what is read back, and what is left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from pipeglot import backends, engines
from pipeglot.backends.base import EngineRun, EngineTask, Mode
from pipeglot.core.diagnostic import EngineError
from pipeglot.engines import sandbox
from pipeglot.engines.process import Job, _waves, execute
from tests.test_engines import installed

HERE = Path(__file__).parent / "engines"
WHEN = datetime(2025, 1, 2, 3, tzinfo=timezone.utc)
TARGETS = sorted(folder.name for folder in HERE.iterdir() if folder.name in backends.TARGETS)


def job(target: str, file: str, params: dict[str, Any] | None = None, **more: Any) -> Job:
    """One of the hand-written files, with the variable and the folder that `tidy.py` needs."""
    settings = {"env": {"WHOM": "world"}, "path": [HERE / "lib"], "logical_date": WHEN, **more}
    name = settings.pop("name", file.removesuffix(".py"))
    return Job(HERE / target, file, name, params or {}, **settings)


@lru_cache
def outcomes(target: str, mode: Mode) -> tuple[list[EngineRun | EngineError], list[dict[str, Any]]]:
    """All that a mode can be asked in one batch, run once for all tests, and the events of it."""
    events: list[Any] = []
    jobs = [
        job(target, "shapes.py", {"n": 3}),
        job(target, "tidy.py", {"times": 2}),
        job(target, "broken.py"),
        job(target, "tidy.py", {"times": "x"}),
        job(target, "shapes.py", {"n": 0}),
        job(target, "tidy.py", {"times": 1}, env={"WHOM": "moon"}),
    ]
    if mode == "server" and target == "airflow":
        # A second run of one DAG is another server: once is enough to see that it works.
        jobs = [jobs[0], jobs[1], jobs[2], jobs[3]]
    found = execute(target, jobs, python=installed(target), mode=mode, timeout=300, on_event=events.append)
    return list(found), events


def run(target: str, mode: Mode, number: int) -> tuple[EngineRun, dict[tuple[str, tuple[int, ...]], EngineTask]]:
    outcome = outcomes(target, mode)[0][number]
    assert isinstance(outcome, EngineRun), outcome
    if target != "prefect":
        return outcome, {(task.name, task.index): task for task in outcome.tasks}
    # Prefect's own random ending of a name is told too, and each run of a task is numbered.
    names = [re.sub(r"-[0-9a-f]{3}$", "", task.name) for task in outcome.tasks]
    return outcome, {
        (name, task.index if names.count(name) > 1 else ()): task
        for name, task in zip(names, outcome.tasks, strict=True)
    }


every_mode = pytest.mark.parametrize("mode", ["test", "server"])
every_target = pytest.mark.parametrize("target", TARGETS)


@pytest.mark.engine("airflow")
@every_mode
def test_airflow_states_attempts_outputs_and_errors(mode: Mode) -> None:
    found, tasks = run("airflow", mode, 0)
    assert (found.engine, found.engine_version, found.state) == ("airflow", "3.3.2", "failed")
    assert found.logical_date is not None
    assert datetime.fromisoformat(found.logical_date.replace("Z", "+00:00")) == WHEN
    assert {key: (task.state, task.attempts) for key, task in tasks.items()} == {
        ("load", ()): ("success", 1),
        ("items", ()): ("success", 1),
        ("none", ()): ("success", 1),
        ("double", (0,)): ("success", 1),
        ("double", (1,)): ("success", 1),
        ("double", (2,)): ("success", 1),
        ("double_none", ()): ("skipped", 0),
        ("total", ()): ("success", 1),
        ("decide", ()): ("success", 1),
        ("big", ()): ("success", 1),
        ("small", ()): ("skipped", 0),
        ("merged", ()): ("success", 1),
        ("flaky", ()): ("success", 2),
        ("broken", ()): ("failed", 2),
        ("after_broken", ()): ("upstream_failed", 0),
        ("lazy", ()): ("skipped", 1),
        ("cleanup", ()): ("success", 1),
    }
    outputs = {key: task.output for key, task in tasks.items() if task.has_output}
    assert outputs[("load", ())] == {"items": [0, 1, 2], "date": "2025-01-02T03:00:00+00:00"}
    assert outputs[("double", (2,))] == {"x": 2, "twice": 4}
    assert outputs[("total", ())] == 6
    assert outputs[("merged", ())] == "big"
    assert outputs[("flaky", ())] == 2
    assert outputs.keys().isdisjoint({("broken", ()), ("small", ()), ("lazy", ()), ("double_none", ())})
    assert tasks["broken", ()].error == {"type": "KeyError", "message": '"o\'brien"'}
    assert tasks["flaky", ()].error is None


@pytest.mark.engine("prefect")
@every_mode
def test_prefect_states_attempts_outputs_and_errors(mode: Mode) -> None:
    found, tasks = run("prefect", mode, 0)
    assert (found.engine, found.engine_version, found.state) == ("prefect", "3.8.8", "failed")
    assert {key: (task.state, task.attempts) for key, task in tasks.items()} == {
        ("load", ()): ("Completed", 1),
        ("items", ()): ("Completed", 1),
        ("numbered", ()): ("Completed", 1),
        ("double", (0,)): ("Completed", 1),
        ("double", (1,)): ("Completed", 1),
        ("double", (2,)): ("Completed", 1),
        ("total", ()): ("Completed", 1),
        ("flaky", ()): ("Completed", 2),
        ("broken", ()): ("Failed", 2),
        ("after_broken", ()): ("NotReady", 0),
        ("outer", ()): ("Completed", 1),
        ("inner", ()): ("Completed", 1),
        ("child.inner", ()): ("Completed", 1),
        ("cleanup", ()): ("Completed", 1),
    }
    outputs = {key: task.output for key, task in tasks.items() if task.has_output}
    assert outputs["load", ()] == {"items": [0, 1, 2], "date": "2025-01-02T03:00:00+00:00"}
    assert outputs["double", (2,)] == {"x": 2, "twice": 4}
    assert (outputs["total", ()], outputs["flaky", ()], outputs["cleanup", ()]) == (6, 2, "clean")
    assert tasks["broken", ()].error == {"type": "KeyError", "message": '"o\'brien"'}
    assert tasks["flaky", ()].error is None


@pytest.mark.engine("dagster")
@every_mode
def test_dagster_states_attempts_outputs_and_errors(mode: Mode) -> None:
    found, tasks = run("dagster", mode, 0)
    assert (found.engine, found.engine_version, found.state) == ("dagster", "1.13.27", "failed")
    assert {key: (task.state, task.attempts) for key, task in tasks.items()} == {
        ("load", ()): ("SUCCESS", 1),
        ("items", ()): ("SUCCESS", 1),
        ("double", (0,)): ("SUCCESS", 1),
        ("double", (1,)): ("SUCCESS", 1),
        ("double", (2,)): ("SUCCESS", 1),
        ("total", ()): ("SUCCESS", 1),
        ("decide", ()): ("SUCCESS", 1),
        ("big", ()): ("SUCCESS", 1),
        ("small", ()): ("SKIPPED", 0),
        ("merged", ()): ("SUCCESS", 1),
        ("flaky", ()): ("SUCCESS", 2),
        ("broken", ()): ("FAILURE", 2),
    }
    outputs = {key: task.output for key, task in tasks.items() if task.has_output}
    assert outputs[("load", ())]["items"] == [0, 1, 2]
    assert datetime.fromisoformat(outputs[("load", ())]["date"].replace("Z", "+00:00")) == WHEN
    assert outputs[("double", (2,))] == {"x": 2, "twice": 4}
    assert (outputs[("total", ())], outputs[("merged", ())], outputs[("flaky", ())]) == (6, "big", 2)
    assert outputs.keys().isdisjoint({("broken", ()), ("small", ())})
    assert tasks["broken", ()].error == {"type": "KeyError", "message": '"o\'brien"'}
    assert tasks["flaky", ()].error is None


@pytest.mark.engine
@every_mode
@every_target
def test_a_run_has_the_jobs_variables_folders_and_params(target: str, mode: Mode) -> None:
    found, tasks = run(target, mode, 1)
    assert found.state == "succeeded"
    assert tasks["greet", ()].output == ["hello from elsewhere world"] * 2
    if (target, mode) != ("airflow", "server"):
        again, tasks = run(target, mode, 5)
        assert (again.state, tasks["greet", ()].output) == ("succeeded", ["hello from elsewhere moon"])


@pytest.mark.engine
@every_mode
@every_target
def test_what_cannot_be_loaded_or_started_is_an_error_of_that_job_alone(target: str, mode: Mode) -> None:
    found, _ = outcomes(target, mode)
    for number, code, said in [(2, "PG322", "there_is_no_such_module"), (3, "PG324", "times")]:
        error = found[number]
        assert isinstance(error, EngineError)
        assert [each.code for each in error.diagnostics] == [code]
        assert said in error.diagnostics[0].message


@pytest.mark.engine
@pytest.mark.parametrize("target", TARGETS)
def test_params_do_not_leak_from_run_to_run_and_zero_items_are_no_instances(target: str) -> None:
    _, tasks = run(target, "test", 4)
    assert tasks["load", ()].output["items"] == []
    assert tasks["total", ()].output == 0
    assert [key for key in tasks if key[0].startswith("double") and tasks[key].state != "skipped"] == []


@pytest.mark.engine
@every_mode
@every_target
def test_times_are_utc_and_in_order(target: str, mode: Mode) -> None:
    found, tasks = run(target, mode, 0)
    ran = [task for task in tasks.values() if task.attempts]
    instants = {id(task): (instant(task.started), instant(task.ended)) for task in ran}
    assert all(started <= ended for started, ended in instants.values())
    assert all(started.utcoffset().total_seconds() == 0 for started, _ in instants.values())  # type: ignore[union-attr]
    assert instant(found.started) <= instant(found.ended)
    flaky = tasks["flaky", ()]
    assert instant(flaky.started) < instant(flaky.ended)


def instant(text: str | None) -> datetime:
    assert text is not None
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


@pytest.mark.engine
@every_mode
@every_target
def test_events_tell_of_every_attempt_as_it_happens(target: str, mode: Mode) -> None:
    events = [each for each in outcomes(target, mode)[1] if each["job"] == 0]
    of_flaky = [(each["state"].lower(), each["attempt"]) for each in events if each["task"] == "flaky"]
    first, last = {"dagster": ("started", "success"), "prefect": ("running", "completed")}.get(
        target, ("running", "success")
    )
    assert (of_flaky[0], of_flaky[-1]) == ((first, 1), (last, 2))
    if target != "prefect":
        assert ("double", (2,)) in {(each["task"], each["index"]) for each in events}


@pytest.mark.engine
@every_target
def test_a_job_that_kills_the_engine_or_hangs_is_named_and_stopped_and_the_others_run(target: str) -> None:
    jobs = [
        job(target, "dies.py", {"how": "exit"}),
        job(target, "dies.py", {"how": "hang"}),
        job(target, "tidy.py"),
    ]
    died, hung, fine = execute(target, jobs, python=installed(target), timeout=15)
    assert isinstance(died, EngineError)
    assert died.diagnostics[0].code == "PG320"
    assert "exit status 7" in died.diagnostics[0].message
    assert "last words" in died.diagnostics[0].message
    assert isinstance(hung, EngineError)
    assert hung.diagnostics[0].code == "PG321"
    assert "'dies'" in hung.diagnostics[0].message
    assert "--timeout" in hung.diagnostics[0].help
    assert isinstance(fine, EngineRun)
    assert fine.state == "succeeded"


@pytest.mark.engine("airflow")
def test_a_job_that_never_stops_to_print_is_stopped_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeglot.engines.process.LOUDEST", 1024**2)
    jobs = [job("airflow", "dies.py", {"how": how}) for how in ("pool", "flood")]
    pooled, flooded = execute("airflow", jobs, python=installed("airflow"), timeout=60)
    assert isinstance(pooled, EngineRun), pooled
    assert [task.output for task in pooled.tasks] == [[1, 2]], "processes that a step spawns come back"
    assert isinstance(flooded, EngineError)
    assert flooded.diagnostics[0].code == "PG326"
    assert "'dies' (running: end" in flooded.diagnostics[0].message
    assert len(flooded.diagnostics[0].message) < 100_000


def living(mark: str) -> list[int]:
    """Processes that carry a mark in their environment."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


HANGING = """
import os, sys
from pathlib import Path
from tests.test_engines_run import job
from pipeglot.engines.process import execute
target, python, mark = sys.argv[1:]
def told(event):
    print("started", flush=True)
jobs = [job(target, "dies.py", {"how": "hang"}, env={"PIPEGLOT_TEST_MARK": mark})]
try:
    list(execute(target, jobs, python=Path(python), on_event=told))
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture
def hanging(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process in the middle of a run that hangs, after its task started a program of its own."""
    if sys.platform != "linux":
        pytest.skip("looks into /proc")
    target = request.param
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    command = [sys.executable, "-c", HANGING, target, str(installed(target)), mark]
    environ = {**os.environ, "TMPDIR": str(tmp_path), "PIPEGLOT_TEST_OUTER": mark}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True, cwd=HERE.parents[1]) as run:
        try:
            assert run.stdout is not None
            assert run.stdout.readline() == "started\n"
            time.sleep(1)
            assert len(living(mark)) >= 3
            yield run, mark
        finally:
            run.kill()


@pytest.mark.engine
@pytest.mark.parametrize("hanging", TARGETS, indirect=True)
def test_an_interrupt_leaves_no_process_and_no_file(hanging: tuple[subprocess.Popen[str], str], tmp_path: Path) -> None:
    run, mark = hanging
    run.send_signal(signal.SIGINT)
    assert run.wait(20) == 130
    assert living(mark) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.engine
@pytest.mark.parametrize("hanging", TARGETS, indirect=True)
def test_nothing_is_left_even_when_this_process_is_killed(
    hanging: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    run, mark = hanging
    run.kill()
    run.wait()
    deadline = time.monotonic() + 10
    while living(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert living(mark) == []
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- without an engine


def test_the_users_own_engine_settings_never_reach_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW_HOME", "PREFECT_API_KEY", "PYTHONPATH"):
        monkeypatch.setenv(name, "postgresql://production")
    monkeypatch.setenv("AIRFLOW_CONN_LAKE", "s3://")
    monkeypatch.setenv("MODEL_STORE", "here")
    for target in TARGETS:
        told = sandbox.variables(engines.spec(target), "test", Path("/env/bin/python"), tmp_path)
        assert "postgresql://production" not in told.values()
        assert told["MODEL_STORE"] == "here"
        assert told["AIRFLOW_CONN_LAKE"] == "s3://"
        assert told["PATH"].startswith("/env/bin")


def test_runs_of_one_name_never_share_a_scheduler() -> None:
    jobs = [
        job("airflow", "a.py"),
        job("airflow", "a.py"),
        job("airflow", "b.py"),
        job("airflow", "c.py", path=[]),
    ]
    waves = [[number for number, _ in wave] for wave in _waves(list(enumerate(jobs)))]
    assert waves == [[0, 2], [1], [3]]


@pytest.mark.parametrize("said", ["", '{"kind": "ready"}'])
def test_an_engine_that_begins_no_job_is_ended_and_the_job_named(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeglot.engines.process.STARTUP", 0.5)
    monkeypatch.setattr(sandbox, "state", lambda engine, python, folder: folder)
    python = tmp_path / "python"
    tells = f"echo '{said}' >> $2/told.jsonl\n" if said else ""
    python.write_text(f"#!/bin/sh\n{tells}exec sleep 60\n")
    python.chmod(0o755)
    with pytest.raises(EngineError) as error:
        list(execute("dagster", [job("dagster", "tidy.py")], python=python))
    assert error.value.diagnostics[0].code == "PG321"
    assert ("tidy" in error.value.diagnostics[0].message) == bool(said)


def test_of_what_an_engine_writes_the_end_alone_is_kept(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nhead -c 30000000 /dev/zero | tr '\\0' 'x'\necho\necho the end\n")
    python.chmod(0o755)
    with sandbox.Process(python, tmp_path / "probe.py", [], {}, tmp_path) as process:
        assert process.status() == "exit status 0"
        assert process.log_tail(1) == "the end"
        assert process.log_size() == 30_000_009
        assert len(process.log_tail(10)) < 100_000
    assert sum(file.stat().st_size for file in tmp_path.rglob("*")) < 100_000


def test_an_engine_that_says_nothing_and_ends_is_one_clear_error(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'libfoo.so: cannot open' >&2\nexit 9\n")
    python.chmod(0o755)
    with pytest.raises(EngineError) as error:
        list(execute("prefect", [job("prefect", "tidy.py")], python=python))
    assert "libfoo.so" in error.value.diagnostics[0].message
