"""Ask an engine about files without running them: one process for many, under the engine's own Python."""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeglot import engines
from pipeglot.core.diagnostic import Diagnostic, EngineError
from pipeglot.engines import environment, sandbox
from pipeglot.engines.process import STARTUP, Job

_LOG_LINES = 15


def inquire(
    target: str,
    probe: Path,
    jobs: Sequence[tuple[Job, Mapping[str, Any]]],
    kind: str,
    *,
    limit: float,
    python: Path | None = None,
    stop: threading.Event | None = None,
) -> list[Any]:
    """What a probe says of each file, in their order: JSON, or the EngineError that stands for what it could not tell.

    A file that ends the process, or takes too long, is an error of its own: the others are asked about in a new one.

    Args:
        target: a target with an engine.
        probe: the script that the engine's Python runs as `python PROBE FOLDER`.
        jobs: the files, each with what else this probe wants to know of it.
        kind: the word under which the probe answers.
        limit: seconds that it may take about one file.
        python: the engine's Python; by default that of the installed engine.
        stop: ends it when set, from another thread.

    Raises:
        EngineError: PG301 when the engine is not installed; PG310 when nothing can be written; PG320, PG321 when it does
            not start; PG325 when it was stopped.
    """
    chosen = python if python is not None else engines.find(target).python
    waiting = dict(enumerate(jobs))
    told: dict[int, Any] = {}
    while waiting:
        before = len(waiting)
        for number, answer in _process(target, probe, waiting, kind, chosen, limit, stop):
            told[number] = answer
            waiting.pop(number)
        assert len(waiting) < before, "a process that tells nothing raises"
    return [told[number] for number in range(len(jobs))]


def _process(
    target: str,
    probe: Path,
    waiting: Mapping[int, tuple[Job, Mapping[str, Any]]],
    kind: str,
    python: Path,
    limit: float,
    stop: threading.Event | None,
) -> Iterator[tuple[int, Any]]:
    """One process. Gives at least one answer, or raises."""
    engine = engines.spec(target)
    with tempfile.TemporaryDirectory(prefix="pipeglot-", ignore_cleanup_errors=True) as text:
        folder = Path(text).resolve()
        with environment.writing(folder / "jobs.json"):
            asked = [{**_job(number, job, folder), **more} for number, (job, more) in waiting.items()]
            (folder / "jobs.json").write_text(json.dumps(asked), encoding="utf-8")
            home = sandbox.state(engine, python, folder)
        variables = sandbox.variables(engine, "test", python, home)
        for job, _ in waiting.values():
            variables.update(job.secrets)
        with sandbox.Process(python, probe, [folder], variables, folder) as process:
            yield from _listen(target, set(waiting), process, kind, limit, stop)


def _job(number: int, job: Job, folder: Path) -> dict[str, Any]:
    work = folder / "work" / str(number)
    work.mkdir(parents=True)
    return {
        "number": number,
        "folder": str(Path(job.folder).absolute()),
        "entry": job.entry,
        "name": job.name,
        "env": dict(job.env),
        "path": [str(Path(each).absolute()) for each in job.path],
        "cwd": str(work),
    }


def _listen(
    target: str,
    missing: set[int],
    process: sandbox.Process,
    kind: str,
    limit: float,
    stop: threading.Event | None,
) -> Iterator[tuple[int, Any]]:
    begun = since = time.monotonic()
    ready, at_work = False, None
    missing = set(missing)  # the caller strikes off its own

    def error(code: str, message: str) -> EngineError:
        log = process.log_tail(_LOG_LINES)
        return EngineError([Diagnostic(code, "error", f"{message}\n{log}" if log else message, None, "", target)])

    for line in process.lines():
        if stop is not None and stop.is_set():
            raise EngineError([Diagnostic("PG325", "error", f"{target} was stopped", None, "", target)])
        if line is None:
            now = time.monotonic()
            if not ready and now - begun > STARTUP:
                raise error("PG321", f"{target} was not ready after {STARTUP:.0f} s")
            if at_work is not None and now - since > limit:
                yield at_work, error("PG321", f"{target} said nothing about its {kind} for {limit:.0f} s")
                return
            continue
        said = json.loads(line)
        match said["kind"]:
            case "ready":
                ready = True
            case "start":
                ready, at_work, since = True, said["job"], time.monotonic()
            case "failure":
                found = Diagnostic(said["code"], "error", said["message"], None, said["help"], target)
                if said["job"] is None:
                    raise EngineError([found])
                at_work = None
                missing.discard(said["job"])
                yield said["job"], EngineError([found])
            case told if told == kind:
                at_work = None
                missing.discard(said["job"])
                yield said["job"], said[kind]
        if not missing:
            return
    died = error("PG320", f"{target} died ({process.status()}) when it was asked about its {kind}")
    if at_work is None:
        raise died
    yield at_work, died
