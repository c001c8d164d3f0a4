"""A pipeline compiled, run on its engine, and read back as a Record."""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from pipeglot import backends, engines
from pipeglot.backends.base import Compiled, EngineRun, Mode, instant
from pipeglot.codegen.origin import behind
from pipeglot.core import secrets
from pipeglot.core.dataclass import dataclass, field, replace
from pipeglot.core.diagnostic import CompileError, Diagnostic, EngineError, PipeglotError
from pipeglot.core.ir import Pipeline
from pipeglot.core.params import resolve_params
from pipeglot.core.record import CallRecord, Record
from pipeglot.core.shape import Shape, inline
from pipeglot.engines import sandbox
from pipeglot.engines.process import LONGEST, Job, Listener, execute
from pipeglot.meaning.derive import reconstruct
from pipeglot.meaning.machine import UNKNOWN


@dataclass(frozen=True)
class Request:
    """One run to make: `params` are JSON values by name, `logical_date` an aware instant (default: now).

    `env` are further environment variables of the steps, `path` further folders they import from, `cwd` their
    working folder (default: an empty one). `allow` are codes of losses that are accepted, `options` the target's.
    """

    pipeline: Pipeline
    params: Mapping[str, Any] = field(default_factory=dict)
    logical_date: datetime | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    path: Sequence[Path] = ()
    cwd: Path | None = None
    allow: Sequence[str] = ()
    options: Mapping[str, str] = field(default_factory=dict)


def run_on(
    request: Request,
    target: str,
    *,
    mode: Mode = "test",
    python: Path | None = None,
    requirements: Iterable[str] = (),
    timeout: float | None = None,
    on_event: Listener | None = None,
    stop: threading.Event | None = None,
) -> Record:
    """Run one pipeline on an engine.

    Args:
        request: what to run.
        target: a target with an engine, or a measured release of it (`dagster@1.11`).
        mode: `test` for the engine's own quick way to run, `server` for its real server and scheduler.
        python: an existing environment's interpreter; by default the environment pipeglot made.
        requirements: requirement lines beside the pipeline's own.
        timeout: seconds the run may take; by default an hour more than the pipeline's own limits.
        on_event: called with what happens while it happens.
        stop: ends the run when it is set, from another thread.

    Raises:
        AuthoringError: the params do not fit, or a declared secret is not in the environment.
        CompileError: the target refuses the pipeline.
        EngineError: the engine is missing, its release is too old for compiled code (PG304), or it could not run it.
    """
    engines.for_compiled(target)
    secrets.values(request.pipeline, request.env)  # all are there: an environment takes minutes to make
    packages = tuple(dict.fromkeys((*inline(request.pipeline).packages, *requirements)))
    engine = engines.prepare(target, packages, python=python)
    engines.for_compiled(engine.name)  # an environment of the user's own may hold an older release
    [outcome] = run_many(
        [request], engine.name, mode=mode, python=engine.python, timeout=timeout, on_event=on_event, stop=stop
    )
    if isinstance(outcome, PipeglotError):
        raise outcome
    return outcome


def run_many(
    requests: Sequence[Request],
    target: str,
    *,
    mode: Mode = "test",
    python: Path | None = None,
    timeout: float | None = None,
    on_event: Listener | None = None,
    stop: threading.Event | None = None,
) -> Iterator[Record | PipeglotError]:
    """Run many pipelines in one engine process and give what became of each, in their order. `target` is as for `run_on`.

    The environment must hold what their steps need. A pipeline that cannot be compiled or run gives its error.
    `timeout` is for each of them.
    """
    with tempfile.TemporaryDirectory(prefix="pipeglot-") as folder:
        prepared = [_prepare(request, target, Path(folder, str(n))) for n, request in enumerate(requests)]
        jobs = [item.job for item in prepared if isinstance(item, _Prepared)]
        limit = timeout or max(map(allowed, requests), default=LONGEST)
        outcomes = iter(execute(target, jobs, python=python, mode=mode, timeout=limit, on_event=on_event, stop=stop))
        for item in prepared:
            if isinstance(item, PipeglotError):
                yield item
                continue
            outcome = next(outcomes)
            if isinstance(outcome, EngineError):
                yield EngineError(_written(diagnostic, item.compiled) for diagnostic in outcome.diagnostics)
            else:
                yield item.record(outcome, engines.target_of(target))
        next(outcomes, None)  # its process and folder end here, and not whenever memory is tidied up


def _written(found: Diagnostic, compiled: Compiled) -> Diagnostic:
    """A finding that names a line of a compiled file, at the author's line that this is there for."""
    for file, number in re.findall(r"\(([^()\s]+):(\d+)\)", found.message) if found.at is None else ():
        for one in behind(compiled.origins, file, int(number)):
            return replace(found, at=one.author(int(number)))
    return found


def allowed(request: Request) -> float:
    """Seconds a run may take when nothing else is said: whoever declares that something takes long is given the time.

    >>> allowed(Request(Pipeline(name="p", run_timeout=7200)))
    10800.0
    """
    flat = inline(request.pipeline)
    calls = [*Shape(flat).calls, *([flat.final.call] if flat.final else [])]
    limits = [call.policy.timeout for call in calls]
    return LONGEST + max(filter(None, [*limits, flat.run_timeout]), default=0)


@dataclass(frozen=True)
class _Prepared:
    pipeline: Pipeline
    compiled: Compiled
    params: dict[str, Any]
    logical_date: datetime
    job: Job

    def record(self, run: EngineRun, target: str) -> Record:
        observed = backends.get(target).observe(self.pipeline, self.compiled, run)
        return completed(self.pipeline, run, observed, self.params, self.logical_date)


def completed(
    pipeline: Pipeline,
    run: EngineRun,
    observed: Sequence[CallRecord],
    params: Mapping[str, Any],
    logical_date: datetime,
) -> Record:
    """The Record of a run that an engine did: what it left traces of as calls, completed by the rules of the language.

    `params` are all of the run's, defaults included.
    """
    return reconstruct(
        pipeline,
        observed,
        engine=run.engine,
        engine_version=run.engine_version,
        state=run.state,
        params=params,
        logical_date=logical_date,
        run_id=run.run_id,
        started=instant(run.started),
        ended=instant(run.ended),
        notes=tuple(run.notes),
        attempts=max(run.attempts, 1),
        kept=run.result if run.has_result else UNKNOWN,
    )


def _prepare(request: Request, target: str, folder: Path) -> _Prepared | PipeglotError:
    try:
        params = resolve_params(request.pipeline, request.params)
        told = secrets.values(request.pipeline, request.env)
        name = engines.target_of(target)
        compiled = backends.compile(request.pipeline, name, allow=request.allow, options=request.options)
    except (CompileError, PipeglotError) as error:
        return error
    logical_date = (request.logical_date or datetime.now(timezone.utc)).replace(microsecond=0)
    job = Job(
        folder=sandbox.write(compiled, folder),
        entry=compiled.entry,
        name=compiled.name,
        params=dict(request.params),
        logical_date=logical_date,
        env={name: value for name, value in request.env.items() if name not in told},
        path=request.path,
        cwd=request.cwd,
        secrets=told,
    )
    return _Prepared(inline(request.pipeline), compiled, params, logical_date, job)
