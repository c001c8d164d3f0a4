"""Cron where clocks change: what an engine makes of a time that does not exist, or comes twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from itertools import takewhile
from typing import TypeAlias
from zoneinfo import ZoneInfo

from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Cron, Pipeline, Schedule
from pipeglot.core.ticks import changes, ticks

Ticking: TypeAlias = Callable[[Cron, datetime, datetime], set[datetime]]
"""An engine's ticks of a cron expression after an instant and before another, in UTC."""

_YEARS = (datetime(2026, 1, 1, tzinfo=timezone.utc), datetime(2028, 1, 1, tzinfo=timezone.utc))
"""The changes that are looked at. They are fixed, for a pipeline compiles to the same on every day."""
_BEFORE, _AFTER = timedelta(hours=5), timedelta(hours=27)
"""What is looked at of the time around a change: some engines lose the whole day behind it."""


def clock_changes(pipeline: Pipeline, target: str, engine: str, ticking: Ticking) -> list[Diagnostic]:
    """What an engine starts otherwise than `pipeglot.core.ticks` when clocks change in the schedule's zone: one diagnostic at
    most, a loss where a run does not happen.

    Args:
        pipeline: a checked pipeline.
        target: the target that speaks.
        engine: its engine's name in the message.
        ticking: the engine's ticks.
    """
    timing = pipeline.schedule.timing if pipeline.schedule else None
    if not isinstance(timing, Cron):
        return []
    found: list[tuple[list[datetime], list[datetime]]] = []
    for change in takewhile(lambda at: at < _YEARS[1], changes(timing.timezone, _YEARS[0])):
        start, end = change - _BEFORE, change + _AFTER
        meant, done = _meant(timing, start, end), ticking(timing, start, end)
        found += [(sorted(meant - done), sorted(done - meant))] if meant != done else []
    if not found:
        return []
    lost = [pair for pair in found if len(pair[0]) > len(pair[1])]
    example = _words(*(lost or found)[0], ZoneInfo(timing.timezone))
    message = f"when clocks change in {timing.timezone}, {engine} does not fire at the scheduled times: {example}"
    way_out = "choose times of day that no change skips or repeats, or a schedule in UTC"
    return [Diagnostic("PG206", "loss" if lost else "warning", message, pipeline.at, way_out, target)]


def _meant(cron: Cron, start: datetime, end: datetime) -> set[datetime]:
    return set(takewhile(lambda tick: tick < end, ticks(Schedule(timing=cron), start)))


def _words(missing: list[datetime], other: list[datetime], zone: ZoneInfo) -> str:
    """The first run that is another."""

    def local(at: datetime) -> str:
        return at.astimezone(zone).isoformat(timespec="minutes")

    if not missing:
        return f"one more, at {local(other[0])}"
    instead = f"at {local(other[0])}" if len(other) >= len(missing) else "not at all"
    return f"that of {local(missing[0])} {instead}"
