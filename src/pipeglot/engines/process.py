"""An engine's processes: a probe is handed jobs, runs them or looks at them, and tells what came of each."""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeAlias

from pipeglot import engines
from pipeglot.backends.base import EngineRun, EngineSpec, EngineTask, Mode
from pipeglot.core.dataclass import dataclass, field
from pipeglot.core.diagnostic import Diagnostic, EngineError
from pipeglot.engines import environment, sandbox

Event: TypeAlias = Mapping[str, Any]
"""What happens, while it happens: `{"job": 0, "task": "a", "index": (2,), "state": "running", "attempt": 1}`.
States are the engine's own words."""

Listener: TypeAlias = Callable[[Event], None]

STARTUP = 300.0
"""Seconds an engine may take until it is ready for the first job."""

LONGEST = 3600.0
"""Seconds one job may take unless its caller says otherwise."""

LOUDEST = 256 * 1024**2
"""Bytes that one job may write to its output, or its engine to logs."""

_GRACE = 30.0
_LOG_LINES = 15
_LOOK_AT_LOGS = 2.0
_BEGUN = ("running", "started", "retrying")

_LATE = (
    "allow it more with --timeout; a step that starts processes of its own in that of an engine may wait for them for"
    " ever: --mode server gives every task a process"
)


@dataclass(frozen=True)
class Job:
    """One pipeline to run or to look at.

    Attributes:
        folder: where the compiled files lie; it is on the import path of the run.
        entry: the file in it that holds the DAG or flow, as a relative POSIX path.
        name: the id of the DAG, or the name of the flow or of the variable that holds it.
        params: values of the pipeline's parameters (JSON).
        defaults: what native code is given for parameters that it has no default for.
        logical_date: aware instant of the run; None leaves it to the engine.
        env: further environment variables (on a server of Airflow they are there when a task runs, not yet
            when the file is imported).
        path: further folders to import from (the environment's PYTHONPATH is not passed on).
        cwd: working folder of the steps; by default an empty folder that is removed afterwards.
        secrets: further environment variables, of the engine's own process and of all that it starts: they are written
            into no file.
        more: what else its probe is told.
    """

    folder: Path
    entry: str
    name: str
    params: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    logical_date: datetime | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    path: Sequence[Path] = ()
    cwd: Path | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def request(self, number: int, folder: Path) -> dict[str, Any]:
        """What the probe reads. `folder` is where working folders are made."""
        cwd = self.cwd
        if cwd is None:
            cwd = folder / "work" / str(number)
            cwd.mkdir(parents=True)
        when = self.logical_date
        return {
            "number": number,
            "folder": str(Path(self.folder).absolute()),
            "entry": self.entry,
            "name": self.name,
            "params": dict(self.params),
            "defaults": dict(self.defaults),
            "logical_date": None if when is None else when.astimezone(timezone.utc).isoformat(),
            "env": dict(self.env),
            "path": [str(Path(each).absolute()) for each in self.path],
            "cwd": str(Path(cwd).absolute()),
            **self.more,
        }


@dataclass(frozen=True)
class Probe:
    """A script that an engine's Python runs as `python SCRIPT FOLDER MODE`, and answers for every job of `jobs.json` there.

    Attributes:
        engine: whose it is.
        script: the file.
        python: the engine's Python.
        kind: the word under which it answers: `run` when it runs the jobs.
        timeout: seconds that one job may take.
        mode: how it runs them.
    """

    engine: EngineSpec
    script: Path
    python: Path
    kind: str
    timeout: float
    mode: Mode = "test"

    @property
    def side_by_side(self) -> bool:
        """Whether all jobs run at the same time."""
        return self.kind == "run" and self.mode in self.engine.side_by_side


def execute(
    target: str,
    jobs: Sequence[Job],
    *,
    python: Path | None = None,
    mode: Mode = "test",
    timeout: float = LONGEST,
    on_event: Listener | None = None,
    stop: threading.Event | None = None,
) -> Iterator[EngineRun | EngineError]:
    """Run jobs on an engine and give what became of each, in their order, as soon as it is known.

    Many jobs share one engine process, which costs seconds to start and tenths of a second per job, as in `answers`.
    Closing the iterator, an exception or the end of this process ends everything that was started.

    Args:
        target: a target with an engine.
        jobs: what to run.
        python: the engine's Python, as from `engines.prepare`; by default that of the installed engine.
        mode: `test` runs one job after the other; `server` runs them on a real server of the engine.
        timeout: seconds one job may take.
        on_event: called with every event of every job.
        stop: when it is set, from another thread, the engine is ended and PG325 raised.

    Yields:
        An EngineRun, or an EngineError (PG320 to PG324, PG326) for a job that the engine could not run.

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
    probe = Probe(engine, engine.probes[mode], chosen, "run", timeout, mode)
    groups = _groups(list(enumerate(jobs)))
    waves = [wave for group in groups for wave in (_waves(group) if probe.side_by_side else [group])]
    done: dict[int, EngineRun | EngineError] = {}
    following = 0
    for wave in waves:
        for number, answer in answers(probe, dict(wave), on_event, stop):
            done[number] = answer if isinstance(answer, EngineError) else _engine_run(answer)
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


def answers(
    probe: Probe,
    jobs: Mapping[int, Job],
    on_event: Listener | None = None,
    stop: threading.Event | None = None,
) -> Iterator[tuple[int, Any]]:
    """What a probe tells of each job, as soon as it does: JSON, or the EngineError that stands for it.

    One process answers for many jobs. One that kills it, takes too long or writes more than `LOUDEST` is an error, and a
    new process goes on with the others.

    Args:
        probe: what is run.
        jobs: the jobs by number.
        on_event: called with every event of every job.
        stop: when it is set, from another thread, everything is ended.

    Raises:
        EngineError: PG310 when nothing can be written; PG320, PG321, PG323 when the engine does not start; PG325 when it
            was stopped.
    """
    waiting = dict(jobs)
    while waiting:
        for number, answer in _process(probe, dict(waiting), on_event, stop):
            del waiting[number]
            yield number, answer


def _process(
    probe: Probe, jobs: Mapping[int, Job], on_event: Listener | None, stop: threading.Event | None
) -> Iterator[tuple[int, Any]]:
    """One process. Gives an answer for every job started in it; at least one, or it raises."""
    with _run_folder() as folder:
        with environment.writing(folder / "jobs.json"):
            requests = [{**job.request(number, folder), "timeout": probe.timeout} for number, job in jobs.items()]
            (folder / "jobs.json").write_text(json.dumps(requests), encoding="utf-8")
            home = sandbox.state(probe.engine, probe.python, folder)
        variables = sandbox.variables(probe.engine, probe.mode, probe.python, home)
        for job in jobs.values():
            variables.update(job.secrets)
        if probe.side_by_side:
            variables["PYTHONPATH"] = sandbox.joined(requests[0]["path"])
        with sandbox.Process(probe.python, probe.script, [folder, probe.mode], variables, folder) as process:
            yield from _Watch(probe, jobs, process, home).follow(on_event, stop)


@contextmanager
def _run_folder() -> Iterator[Path]:
    """A private temporary folder, removed with all that the engine left in it."""
    with environment.writing(Path(tempfile.gettempdir()) / "x"):
        made = tempfile.TemporaryDirectory(prefix="pipeglot-", ignore_cleanup_errors=True)
    with made as folder:
        yield Path(folder).resolve()


class _Watch:
    """Reads what a probe tells, until all jobs have an outcome, or it dies, or does what it must not."""

    def __init__(self, probe: Probe, jobs: Mapping[int, Job], process: sandbox.Process, home: Path) -> None:
        self._target, self._kind = probe.engine.target, probe.kind
        self._limit = probe.timeout + (_GRACE if probe.side_by_side else 0.0)
        self._jobs, self._process, self._home = jobs, process, home
        self._ready = False
        self._since = time.monotonic()  # since when nothing is running
        self._started: dict[int, float] = {}
        self._ended: set[int] = set()
        self._busy: dict[int, dict[str, None]] = {}
        self._log_at = 0
        self._looked = 0.0
        self._look_again = 0.0

    def follow(self, on_event: Listener | None, stop: threading.Event | None) -> Iterator[tuple[int, Any]]:
        for line in self._process.lines():
            if stop is not None and stop.is_set():
                raise EngineError([Diagnostic("PG325", "error", f"{self._target} was stopped", None, "", self._target)])
            if line is not None:
                yield from self._told(json.loads(line), on_event)
            if len(self._ended) == len(self._jobs):
                return
            if (line is None or time.monotonic() > self._look_again) and (error := self._excess()):
                yield from ((number, error) for number in self._running())
                return
        lost = self._running()
        doing = f"while it ran{self._what()}" if self._kind == "run" else f"when it was asked about its {self._kind}"
        error = self._problem("PG320", f"{self._target} died ({self._process.status()}) {doing}")
        if not lost:
            raise error
        yield from ((number, error) for number in lost)

    def _told(self, told: Mapping[str, Any], on_event: Listener | None) -> Iterator[tuple[int, Any]]:
        match told["kind"]:
            case "ready":
                self._ready, self._since = True, time.monotonic()
            case "start":
                self._started[told["job"]] = time.monotonic()
                self._log_at = self._process.log_size()
            case "event":
                event = _event(told, self._jobs, self._started)
                self._note(event)
                if on_event is not None:
                    on_event(event)
            case "failure":
                if told["job"] is None:
                    raise self._problem(told["code"], told["message"], told["help"])
                found = Diagnostic(told["code"], "error", told["message"], None, told["help"], self._target)
                self._end(told["job"])
                yield told["job"], EngineError([found])
            case kind if kind == self._kind:
                self._end(told["job"])
                yield told["job"], told[kind]

    def _end(self, number: int) -> None:
        self._started.setdefault(number, time.monotonic())
        self._ended.add(number)
        self._since = time.monotonic()

    def _note(self, event: Event) -> None:
        """Remember which calls are running, to name them if the run does not end."""
        busy = self._busy.setdefault(event["job"], {})
        name = event["task"] + "".join(f"[{number}]" for number in event["index"])
        if event["state"].lower() in _BEGUN:
            busy[name] = None
        else:
            busy.pop(name, None)

    def _running(self) -> list[int]:
        return [number for number in self._started if number not in self._ended]

    def _what(self) -> str:
        """The jobs that are running, and the calls of them."""
        told = []
        for number in self._running():
            calls = ", ".join(self._busy.get(number, ()))
            told.append(f" {self._jobs[number].name!r}" + (f" (running: {calls[:300]})" if calls else ""))
        return ",".join(told)

    def _excess(self) -> EngineError | None:
        """What ends the jobs that are running: too much time, or too much output."""
        now, running = time.monotonic(), self._running()
        self._look_again = now + _LOOK_AT_LOGS
        if not running:
            if now - self._since > STARTUP:
                left = [job.name for number, job in self._jobs.items() if number not in self._ended]
                said = f"did not begin {left[0]!r}" if self._ready else "was not ready"
                raise self._problem("PG321", f"{self._target} {said} after {STARTUP:.0f} s")
            return None
        if any(now - self._started[number] > self._limit for number in running):
            if self._kind != "run":
                return self._problem(
                    "PG321", f"{self._target} said nothing about its {self._kind} for {self._limit:g} s"
                )
            message = f"the run of{self._what()} took longer than {self._limit:g} s and was stopped"
            return self._problem("PG321", message, _LATE)
        wrote = self._process.log_size() - self._log_at
        if now - self._looked > _LOOK_AT_LOGS:
            self._looked = now
            wrote = max(wrote, sandbox.logged(self._home))
        if wrote > LOUDEST:
            message = f"the run of{self._what()} wrote more than {LOUDEST // 1024**2} MiB of output and was stopped"
            return self._problem("PG326", message, "write less, or large things to files of your own")
        return None

    def _problem(self, code: str, message: str, way_out: str = "") -> EngineError:
        log = self._process.log_tail(_LOG_LINES, since=self._log_at)
        text = f"{message}\n{log}" if log else message
        return EngineError([Diagnostic(code, "error", text, None, way_out, self._target)])


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
