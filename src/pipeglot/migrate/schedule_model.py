"""When the old and the new side start runs, as it is published: `pipeglot.schedule/1`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeglot.core.record import Part, Time
from pipeglot.engines.schedule_query import LIMIT

FORMAT: Literal["pipeglot.schedule/1"] = "pipeglot.schedule/1"


class ScheduledRun(Part):
    """A run that a schedule starts: when, and with which logical date. Runs of data that arrives have none."""

    fire: Time
    logical_date: Time | None = None


class ScheduleDifference(Part):
    """A run that is not the same on both sides; None for a run that one side does not start."""

    old: ScheduledRun | None = None
    new: ScheduledRun | None = None


class Section(Part):
    """Some runs of both sides: those that start when the schedule is switched on (`missed`), the `next` ones, or those of
    the days around a change of the clock (`change`), from `start` to before `end`."""

    name: Literal["missed", "next", "change"]
    zone: str = "UTC"
    start: Time | None = None
    end: Time | None = None
    change: Time | None = None
    old: tuple[ScheduledRun, ...] = ()
    new: tuple[ScheduledRun, ...] = ()
    differences: tuple[ScheduleDifference, ...] = ()


class ScheduleSide(Part):
    """One side: its schedule in the engine's words. `problems` say why it could not tell; `trigger` is then `unknown`."""

    spec: str
    engine: str
    engine_version: str = ""
    trigger: Literal["clock", "event", "none", "unknown"] = "unknown"
    about: str = ""
    zones: tuple[str, ...] = ()
    active: bool = True
    more_missed: bool = False
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class ScheduleComparison(Part):
    """When the old and the new side start runs."""

    format: Literal["pipeglot.schedule/1"] = FORMAT
    pipeline: str
    at: Time
    verdict: Literal["same", "different", "inconclusive"]
    why: str
    old: ScheduleSide
    new: ScheduleSide
    zone: str = "UTC"
    limit: int = LIMIT
    sections: tuple[Section, ...] = Field(default=())

    def to_json(self) -> str:
        """The JSON text."""
        return self.model_dump_json(indent=2) + "\n"
