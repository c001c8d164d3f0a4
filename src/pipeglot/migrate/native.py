"""The old side as it is today: native code that nobody compiled, run on its engine, its tasks matched with the calls of
the pipeline that is to take its place."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from pipeglot.backends import engines
from pipeglot.backends.base import Compiled, EngineRun, EngineTask, Mode, instant
from pipeglot.backends.execute import LONGEST, Job, execute
from pipeglot.backends.native import Native
from pipeglot.backends.reading import read_many
from pipeglot.backends.run import completed
from pipeglot.core import secrets
from pipeglot.core.diagnostic import AuthoringError, Diagnostic, EngineError, PipeglotError
from pipeglot.core.ir import Pipeline
from pipeglot.core.params import resolve_params
from pipeglot.core.pysource import identifier
from pipeglot.core.record import CallRecord, CallState, Failure, Record
from pipeglot.core.shape import Shape, inline
from pipeglot.migrate.model import NotCompared
from pipeglot.migrate.nativefile import readable
from pipeglot.migrate.sides import Listener, Task

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

STATES: dict[str, CallState] = {
    "success": "succeeded",
    "succeeded": "succeeded",
    "completed": "succeeded",
    "cached": "succeeded",
    "rolledback": "succeeded",
    "failed": "failed",
    "failure": "failed",
    "timedout": "failed",
    "crashed": "failed",
    "skipped": "skipped",
    "removed": "skipped",
    "upstreamfailed": "blocked",
    "notready": "blocked",
    "omitted": "blocked",
    "cancelled": "cancelled",
    "canceled": "cancelled",
}
"""What the engines' own words for the state of a task mean; they do not contradict one another."""

_PREFECTS_SUFFIX = re.compile(r"-[0-9a-f]{3}$")


@dataclass(frozen=True)
class Match:
    """Which calls the tasks of a run stand for: `partner` by task name, and what has none on either side.

    `dropped` are tasks that stand for nothing by the mapping's own word.
    """

    partner: Mapping[str, str]
    tasks_alone: tuple[str, ...] = ()
    calls_alone: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def read_mapping(file: Path) -> dict[str, str]:
    """The `[tasks]` of a TOML file: native task names and the ids of the calls they stand for.

    Raises:
        AuthoringError: PG365 when it cannot be read or holds anything else.
    """
    way_out = 'write [tasks], and below it lines such as "load_raw" = "ingest", or = "" for a task that is no call'
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AuthoringError([Diagnostic("PG365", "error", f"cannot read {file}: {error}", None, way_out)]) from None
    tasks = told.pop("tasks", None)
    if told or not isinstance(tasks, dict) or not all(isinstance(id, str) for id in tasks.values()):
        raise AuthoringError([Diagnostic("PG365", "error", f"{file} is no mapping of tasks", None, way_out)])
    return tasks


def match(pipeline: Pipeline, tasks: Iterable[str], mapping: Mapping[str, str] | None = None) -> Match:
    """Match the names of native tasks with calls: by the mapping, else by equal names, else by names that differ only
    in case, `-`, `.` and `_`, or in the groups before the last dot.

    Args:
        pipeline: the pipeline; Includes are inlined.
        tasks: the names, each as often as there are instances.
        mapping: a task's name to a call's id, or to "" for a task that stands for no call (a start marker, say).

    Raises:
        AuthoringError: PG365 when the mapping names a call that does not exist.
    """
    told = dict(mapping or {})
    flat = inline(pipeline)
    ids = [call.id for call in Shape(flat).calls] + ([flat.final.call.id] if flat.final else [])
    if unknown := sorted({id for id in told.values() if id and id not in ids}):
        message = f"the mapping names a call that the pipeline does not have: {unknown[0]!r}"
        raise AuthoringError([Diagnostic("PG365", "error", message, None, "its calls: " + ", ".join(ids))])
    partner: dict[str, str] = {}
    plain = _plain_names(ids)
    for name in dict.fromkeys(tasks):
        found = told.get(name)
        if found is None:
            found = name if name in ids else plain.get(_plain(name)) or plain.get(_plain(name.rpartition(".")[2]))
        if found is not None:
            partner[name] = found
    return Match(
        partner={name: id for name, id in partner.items() if id},
        tasks_alone=tuple(dict.fromkeys(name for name in tasks if name not in partner)),
        calls_alone=tuple(id for id in ids if id not in partner.values()),
        dropped=tuple(name for name, id in partner.items() if not id),
    )


def _plain(name: str) -> str:
    return identifier(name.replace("-", "_").replace(".", "_"))


def _plain_names(ids: Sequence[str]) -> dict[str, str]:
    """Ids by their plain form, where no two have the same."""
    found: dict[str, list[str]] = {}
    for id in ids:
        found.setdefault(_plain(id), []).append(id)
    return {plain: same[0] for plain, same in found.items() if len(same) == 1}


@dataclass
class NativeSide:
    """A native DAG, flow, job or pipeline file, run as it is.

    `matched` is what became of the names in the last run.
    """

    spec: str
    engine: str
    file: Path
    name: str
    mapping: Mapping[str, str] = field(default_factory=dict)
    mode: Mode = "test"
    python: Path | None = None
    timeout: float | None = None
    matched: Match | None = None

    def files(self, pipeline: Pipeline, allow: Sequence[str] = ()) -> Compiled | None:
        return None

    def not_compared(self) -> Sequence[NotCompared]:
        if self.matched is None or not self.matched.dropped:
            return ()
        why = f"the mapping says that these tasks of {self.file.name} stand for no call"
        return [NotCompared(what="tasks without a partner", why=why, calls=self.matched.dropped)]

    def refuses(self) -> str:
        return "is native code"

    def check(self, tasks: Sequence[Task]) -> None:
        found = engines.find(self.engine, python=self.python)
        readable(self.file, self.engine, self.name, found.python)

    def declares(self, task: Task | None = None, stop: threading.Event | None = None) -> Native:
        """What the file declares, in the surroundings of a task; nothing of it is run. Raises EngineError."""
        found = engines.find(self.engine, python=self.python)
        own = {} if task is None else secrets.values(task.pipeline, task.env)
        env = {} if task is None else {name: value for name, value in task.env.items() if name not in own}
        path = () if task is None else task.path
        job = Job(self.file.parent, self.file.name, self.name, env=env, path=path, secrets=own)
        [native] = read_many(self.engine, [job], python=found.python, stop=stop)
        if isinstance(native, EngineError):
            raise native
        return native

    def run(
        self, tasks: Sequence[Task], on_event: Listener | None, stop: threading.Event
    ) -> Iterable[Record | PipeglotError]:
        found = engines.find(self.engine, python=self.python)
        told = [secrets.values(task.pipeline, task.env) for task in tasks]
        jobs = [
            Job(
                folder=self.file.parent,
                entry=self.file.name,
                name=self.name,
                params=task.params,
                logical_date=task.logical_date,
                env={name: value for name, value in task.env.items() if name not in own},
                path=task.path,
                cwd=task.cwd,
                secrets=own,
            )
            for task, own in zip(tasks, told, strict=True)
        ]
        outcomes = execute(
            self.engine,
            jobs,
            python=found.python,
            mode=self.mode,
            timeout=self.timeout or LONGEST,
            on_event=on_event,
            stop=stop,
        )
        for task, outcome in zip(tasks, outcomes, strict=True):
            if not isinstance(outcome, EngineRun):
                yield outcome
                continue
            record, self.matched = as_record(task.pipeline, outcome, task.params, task.logical_date, self.mapping)
            yield record


def as_record(
    pipeline: Pipeline,
    run: EngineRun,
    params: Mapping[str, Any],
    logical_date: datetime | None,
    mapping: Mapping[str, str] | None = None,
) -> tuple[Record, Match]:
    """A native run as a Record of the pipeline: tasks without a partner stay in it under their own names.

    Raises:
        AuthoringError: PG365 when the mapping does not fit.
    """
    flat = inline(pipeline)
    tasks = [task for task in run.tasks if not task.group]
    names = [_name(run.engine, task, flat, mapping or {}) for task in tasks]
    matched = match(flat, names, mapping)
    shape = Shape(flat)
    seen: dict[str, int] = {}
    calls: list[CallRecord] = []
    for task, name in sorted(zip(tasks, names, strict=True), key=lambda pair: pair[0].started or ""):
        if name in matched.dropped:
            continue
        id = matched.partner.get(name, name)
        loops = len(shape.loops(id)) if id in shape.nodes else 0
        index = task.index[:loops]
        if loops and not index:
            # The engine numbers nothing: instances are taken in the order they started.
            index = (seen.get(id, 0),)
        seen[id] = seen.get(id, 0) + 1
        calls.append(_record(task, id, index))
    when = logical_date or datetime.now(timezone.utc)
    return completed(flat, run, calls, resolve_params(flat, params), when), matched


def _name(engine: str, task: EngineTask, pipeline: Pipeline, mapping: Mapping[str, str]) -> str:
    """A task's name without what the engine puts behind it to make it unique."""
    if engine != "prefect" or task.name in mapping:
        return task.name
    return _PREFECTS_SUFFIX.sub("", task.name)


def _record(task: EngineTask, id: str, index: tuple[int, ...]) -> CallRecord:
    state = STATES.get(re.sub(r"[\s_]", "", task.state).lower(), "cancelled")
    ran = state in ("succeeded", "failed")
    known: dict[str, Any] = {"output": task.output} if task.has_output and state == "succeeded" else {}
    return CallRecord(
        id=id,
        index=index,
        state=state,
        attempts=max(task.attempts, 1) if ran else 0,
        started=instant(task.started) if ran else None,
        ended=instant(task.ended) if ran else None,
        error=Failure(**task.error) if state == "failed" and task.error else None,
        **known,
    )
