"""Ask an engine when it would start runs of its own accord: nothing is run."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from pipeglot import engines
from pipeglot.backends.base import instant
from pipeglot.core.dataclass import dataclass, field
from pipeglot.core.diagnostic import Diagnostic, EngineError
from pipeglot.engines.process import Job
from pipeglot.engines.query import inquire

LIMIT = 5_000
"""Ticks of one kind (missed, or of one window) that are counted at most."""

_PATIENCE = 600.0

Window: TypeAlias = tuple[datetime, datetime]
"""A span of time: its start belongs to it, its end does not."""


class Tick(NamedTuple):
    """A run that a schedule starts: when, and the logical date it is given, both UTC."""

    fire: datetime
    logical_date: datetime | None


@dataclass(frozen=True)
class Question:
    """What to ask of one pipeline on an engine.

    Attributes:
        folder: where its files lie; it is on the import path.
        entry: the file in it that holds the DAG, flow or job, as a relative POSIX path.
        name: the id of the DAG, or the name of the flow or job.
        at: when the schedule is switched on, an aware instant.
        count: ticks after it to tell.
        windows: further spans of time whose ticks to tell.
        compiled: whether pipeglot wrote the files.
        env: environment variables of the file, and of the engine's server where its schedules depend on them.
        path: further folders to import from.
    """

    folder: Path
    entry: str
    name: str
    at: datetime
    count: int = 20
    windows: Sequence[Window] = ()
    compiled: bool = True
    env: Mapping[str, str] = field(default_factory=dict)
    path: Sequence[Path] = ()


@dataclass(frozen=True)
class ScheduleAnswer:
    """When an engine starts runs.

    Attributes:
        trigger: what starts them: a clock, events elsewhere, or nothing.
        about: the schedule in the engine's words.
        zones: the time zones it is read in.
        active: whether it is on as soon as it is deployed.
        missed: the runs that start at once when it is switched on, each by the instant it was due.
        more: whether there are more of them than `LIMIT`.
        next: the runs after that.
        windows: the runs of each window asked for.
        notes: what else there is to know.
    """

    trigger: Literal["clock", "event", "none"]
    about: str = ""
    zones: tuple[str, ...] = ()
    active: bool = True
    missed: tuple[Tick, ...] = ()
    more: bool = False
    next: tuple[Tick, ...] = ()
    windows: tuple[tuple[Tick, ...], ...] = ()
    notes: tuple[str, ...] = ()


def ask(
    target: str,
    questions: Sequence[Question],
    *,
    python: Path | None = None,
    stop: threading.Event | None = None,
) -> list[ScheduleAnswer | EngineError]:
    """Ask an engine about many pipelines in one process. An error stands for what it could not tell.

    Args:
        target: a target with an engine.
        questions: what to ask.
        python: the engine's Python; by default that of the installed engine.
        stop: ends it when set, from another thread.

    Raises:
        EngineError: PG376 for an engine that pipeglot cannot ask; PG301 when it is not installed; PG320, PG321 when it
            does not start or dies; PG325 when it was stopped.
    """
    jobs = [_job(question) for question in questions]
    told = inquire(target, askable(target), jobs, "schedule", limit=_PATIENCE, python=python, stop=stop)
    return [said if isinstance(said, EngineError) else _answer(said) for said in told]


def askable(target: str) -> Path:
    """The probe that asks an engine.

    Raises:
        EngineError: PG376 when its backend has none; PG300 when the target has no engine.
    """
    probe = engines.spec(target).ticks
    if probe is None:
        message = f"when {target} starts runs is not known here: its backend has no probe for schedules"
        way_out = "compare its schedule by hand; `EngineSpec.ticks` is where to add one"
        raise EngineError([Diagnostic("PG376", "error", message, None, way_out, target)])
    return probe


def _job(question: Question) -> Job:
    more = {
        "compiled": question.compiled,
        "at": _text(question.at),
        "count": question.count,
        "windows": [[_text(start), _text(end)] for start, end in question.windows],
        "limit": LIMIT,
    }
    return Job(question.folder, question.entry, question.name, env=question.env, path=question.path, more=more)


def _text(at: datetime) -> str:
    return at.astimezone(timezone.utc).isoformat()


def _answer(said: Mapping[str, Any]) -> ScheduleAnswer:
    return ScheduleAnswer(
        trigger=said["trigger"],
        about=said["about"],
        zones=tuple(said["zones"]),
        active=said["active"],
        missed=_ticks(said["missed"]),
        more=said["more"],
        next=_ticks(said["next"]),
        windows=tuple(map(_ticks, said["windows"])),
        notes=tuple(said["notes"]),
    )


def _ticks(said: Sequence[Sequence[str | None]]) -> tuple[Tick, ...]:
    found = []
    for fire, logical_date in said:
        at = instant(fire)
        assert at is not None
        found.append(Tick(at, instant(logical_date)))
    return tuple(found)
