"""Run compiled pipelines on their engine, in a process of its own, and read back what the engine recorded."""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeAlias

from pipeglot.backends import engines, environment, sandbox
from pipeglot.backends.base import EngineRun, EngineSpec, EngineTask, Mode
from pipeglot.core.diagnostic import Diagnostic, EngineError

Event: TypeAlias = Mapping[str, Any]
"""What happens, while it happens: `{"job": 0, "task": "a", "index": (2,), "state": "running", "attempt": 1}`.
States are the engine's own words."""

STARTUP = 300.0
"""Seconds an engine may take until it is ready for the first job."""

_GRACE = 30.0
_LOG_LINES = 15


@dataclass(frozen=True)
class Job:
    """One compiled pipeline to run.

    Attributes:
        folder: where the compiled files lie; it is on the import path of the run.
        entry: the file in it that holds the DAG or flow, as a relative POSIX path.
        name: the id of the DAG, or the name of the flow or of the variable that holds it.
        params: values of the pipeline's parameters (JSON).
        logical_date: aware instant of the run; None leaves it to the engine.
        env: further environment variables (on a server of Airflow they are there when a task runs, not yet
            when the file is imported).
        path: further folders to import from (the environment's PYTHONPATH is not passed on).
        cwd: working folder of the steps; by default an empty folder that is removed afterwards.
        secrets: further environment variables, of the engine's own process and of all that it starts: they are written
            into no file.
    """

    folder: Path
    entry: str
    name: str
    params: Mapping[str, Any] = field(default_factory=dict)
    logical_date: datetime | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    path: Sequence[Path] = ()
    cwd: Path | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)


def execute(
    target: str,
    jobs: Sequence[Job],
    *,
    python: Path | None = None,
    mode: Mode = "test",
    timeout: float | None = None,
    on_event: Callable[[Event], None] | None = None,
    stop: threading.Event | None = None,
) -> Iterator[EngineRun | EngineError]:
    """Run jobs on an engine and give what became of each, in their order, as soon as it is known.

    Many jobs share one engine process, which costs seconds to start and tenths of a second per job. When a
    job kills the process, that job is an error and the others run in a new one. Closing the iterator, an
    exception or the end of this process ends everything that was started.

    Args:
        target: a target with an engine.
        jobs: what to run.
        python: the engine's Python, as from `engines.prepare`; by default that of the installed engine.
        mode: `test` runs one job after the other; `server` runs them on a real server of the engine.
        timeout: seconds one job may take; by default any time.
        on_event: called with every event of every job.
        stop: when it is set, from another thread, the engine is ended and PG325 raised.

    Yields:
        An EngineRun, or an EngineError (PG320 to PG324) for a job that the engine could not run.

    Raises:
        EngineError: PG300, PG301; PG310 when nothing can be written; PG320, PG321, PG323 when the engine
            does not start; PG325 when it was stopped.
    """
    engine = engines.spec(target)
    if mode not in engine.probes:
        message = f"{target} has no mode {mode!r} here"
        known = ", ".join(engine.probes)
        raise EngineError([Diagnostic("PG300", "error", message, None, f"modes: {known}", target)])
    chosen = python if python is not None else engines.find(target).python
    groups = _groups(list(enumerate(jobs)))
    waves = [wave for group in groups for wave in (_waves(group) if mode in engine.side_by_side else [group])]
    done: dict[int, EngineRun | EngineError] = {}
    following = 0
    for wave in waves:
        waiting = dict(wave)
        while waiting:
            for number, outcome in _run(engine, waiting, chosen, mode, timeout, on_event, stop):
                waiting.pop(number)
                done[number] = outcome
                while following in done:
                    yield done.pop(following)
                    following += 1


def _groups(jobs: Sequence[tuple[int, Job]]) -> list[list[tuple[int, Job]]]:
    """Jobs that one process can hold together: no two of them want other values of a secret."""
    groups: list[tuple[dict[str, str], list[tuple[int, Job]]]] = []
    for number, job in jobs:
        fitting = (
            one for one in groups if all(one[0].get(name, value) == value for name, value in job.secrets.items())
        )
        known, group = next(fitting, ({}, []))
        if not group:
            groups.append((known, group))
        known.update(job.secrets)
        group.append((number, job))
    return [group for _, group in groups]


def _waves(jobs: Sequence[tuple[int, Job]]) -> list[list[tuple[int, Job]]]:
    """Jobs that one scheduler can hold together: different names, the same folders to import from."""
    waves: list[tuple[list[Path], dict[str, tuple[int, Job]]]] = []
    for number, job in jobs:
        path = [Path(each).absolute() for each in job.path]
        for known, wave in waves:
            if known == path and job.name not in wave:
                wave[job.name] = (number, job)
                break
        else:
            waves.append((path, {job.name: (number, job)}))
    return [list(wave.values()) for _, wave in waves]


def _run(
    engine: EngineSpec,
    jobs: Mapping[int, Job],
    python: Path,
    mode: Mode,
    timeout: float | None,
    on_event: Callable[[Event], None] | None,
    stop: threading.Event | None,
) -> Iterator[tuple[int, EngineRun | EngineError]]:
    """One engine process. Gives an outcome for every job started in it; at least one, or it raises."""
    with _run_folder() as folder:
        with environment.writing(folder / "jobs.json"):
            prepared = [_prepare(number, job, folder) for number, job in jobs.items()]
            request = [{**each, "timeout": timeout} for each in prepared]
            (folder / "jobs.json").write_text(json.dumps(request), encoding="utf-8")
            home = sandbox.state(engine, python, folder)
        variables = sandbox.variables(engine, mode, python, home)
        for job in jobs.values():
            variables.update(job.secrets)
        together = mode in engine.side_by_side
        if together:
            variables["PYTHONPATH"] = sandbox.joined(prepared[0]["path"])
        with sandbox.Process(python, engine.probes[mode], [folder, mode], variables, folder) as process:
            limit = None if timeout is None else timeout + (_GRACE if together else 0.0)
            yield from _follow(engine.target, jobs, process, limit, on_event, stop)


def _prepare(number: int, job: Job, folder: Path) -> dict[str, Any]:
    cwd = job.cwd
    if cwd is None:
        cwd = folder / "work" / str(number)
        cwd.mkdir(parents=True)
    when = None
    if job.logical_date is not None:
        when = job.logical_date.astimezone(timezone.utc).isoformat()
    return {
        "number": number,
        "folder": str(Path(job.folder).absolute()),
        "entry": job.entry,
        "name": job.name,
        "params": dict(job.params),
        "logical_date": when,
        "env": dict(job.env),
        "path": [str(Path(each).absolute()) for each in job.path],
        "cwd": str(Path(cwd).absolute()),
    }


def _follow(
    target: str,
    jobs: Mapping[int, Job],
    process: sandbox.Process,
    limit: float | None,
    on_event: Callable[[Event], None] | None,
    stop: threading.Event | None,
) -> Iterator[tuple[int, EngineRun | EngineError]]:
    """Read what the probe tells until all jobs have an outcome, or it dies, or time is up."""
    jobs = dict(jobs)  # the caller strikes off its own
    ready = False
    started: dict[int, float] = {}
    ended: set[int] = set()
    begun = time.monotonic()
    log_at = 0

    def problem(code: str, message: str) -> EngineError:
        log = process.log_tail(_LOG_LINES, since=log_at)
        text = f"{message}\n{log}" if log else message
        return EngineError([Diagnostic(code, "error", text, None, "", target)])

    for line in process.lines():
        if stop is not None and stop.is_set():
            raise EngineError([Diagnostic("PG325", "error", f"{target} was stopped", None, "", target)])
        if line is None:
            now = time.monotonic()
            if not ready and now - begun > STARTUP:
                raise problem("PG321", f"{target} was not ready after {STARTUP:.0f} s")
            running = {number: since for number, since in started.items() if number not in ended}
            if limit is not None and any(now - since > limit for since in running.values()):
                error = problem("PG321", f"the run took longer than {limit:g} s and was stopped")
                yield from ((number, error) for number in running)
                return
            continue
        told = json.loads(line)
        match told["kind"]:
            case "ready":
                ready = True
            case "start":
                started[told["job"]] = time.monotonic()
                log_at = process.log_size()
            case "event" if on_event is not None:
                on_event(_event(told, jobs, started))
            case "run":
                ended.add(told["job"])
                yield told["job"], _engine_run(told["run"])
            case "failure":
                if told["job"] is None:
                    raise problem(told["code"], told["message"])
                found = Diagnostic(told["code"], "error", told["message"], None, told["help"], target)
                started.setdefault(told["job"], time.monotonic())
                ended.add(told["job"])
                yield told["job"], EngineError([found])
        if len(ended) == len(jobs):
            return
    lost = [number for number in started if number not in ended]
    error = problem("PG320", f"{target} died ({process.status()}) while it ran")
    if not lost:
        raise error
    yield from ((number, error) for number in lost)


def _event(told: Mapping[str, Any], jobs: Mapping[int, Job], started: Mapping[int, float]) -> Event:
    job = told.get("job")
    if job is None:
        # Airflow knows the DAG only: of the jobs with that name, the one that was started last.
        job = next((number for number in reversed(list(started)) if jobs[number].name == told["pipeline"]), None)
    return {
        "job": job,
        "task": told["task"],
        "index": tuple(told["index"]),
        "state": told["state"],
        "attempt": told["attempt"],
    }


def _engine_run(run: Mapping[str, Any]) -> EngineRun:
    tasks = tuple(EngineTask(**{**task, "index": tuple(task["index"])}) for task in run["tasks"])
    return EngineRun(**{**run, "tasks": tasks, "notes": tuple(run["notes"])})


class _run_folder:
    """A private temporary folder, removed with all that the engine left in it."""

    def __enter__(self) -> Path:
        with environment.writing(Path(tempfile.gettempdir()) / "x"):
            self.folder = Path(tempfile.mkdtemp(prefix="pipeglot-")).resolve()
        return self.folder

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
