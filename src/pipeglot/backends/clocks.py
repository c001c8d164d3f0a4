"""Cron where clocks change: what an engine makes of a time that does not exist, or comes twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import takewhile
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Cron, Pipeline, Schedule
from pipeglot.core.ticks import changes, ticks

Ticking: TypeAlias = Callable[[Cron, datetime, datetime], set[datetime]]
"""An engine's ticks of a cron expression after an instant and before another, in UTC."""

_YEARS = (datetime(2025, 1, 1, tzinfo=timezone.utc), datetime(2028, 1, 1, tzinfo=timezone.utc))
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
    for change in changes(timing.timezone, _YEARS[0], 30):
        start, end = change - _BEFORE, change + _AFTER
        if change < _YEARS[1]:
            meant, done = _meant(timing, start, end), ticking(timing, start, end)
            found += [(sorted(meant - done), sorted(done - meant))] if meant != done else []
    if not found:
        return []
    lost = [pair for pair in found if len(pair[0]) > len(pair[1])]
    example = _words(*(lost or found)[0], ZoneInfo(timing.timezone))
    message = f"when clocks change in {timing.timezone}, {engine} starts other runs than are meant: {example}"
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


def wall_ticks(
    cron: Cron,
    start: datetime,
    end: datetime,
    *,
    gap: Literal["change", "after"],
    twice: Literal["first", "second"],
    hourly: bool,
) -> set[datetime]:
    """The ticks of an engine that looks up each time of day on the wall clock.

    Args:
        cron: a checked expression.
        start: an aware instant; ticks are after it.
        end: an aware instant; ticks are before it.
        gap: when it ticks for a time that does not exist: when the clock changes, or at the instant that the clock as it is
            after the change says.
        twice: at which of two instants it ticks for a time that comes twice.
        hourly: whether every hour that passes ticks where the hour is `*`.

    >>> daily = Cron(expression="30 2 * * *", timezone="Europe/Berlin")
    >>> day = datetime(2026, 3, 29, tzinfo=timezone.utc)
    >>> found = wall_ticks(daily, day, day + timedelta(days=1), gap="change", twice="second", hourly=True)
    >>> [each.isoformat() for each in found]
    ['2026-03-29T01:00:00+00:00']
    """
    # Imported here: only a pipeline with a schedule waits for it.
    from croniter import croniter

    zone = ZoneInfo(cron.timezone)
    first, last = (at.astimezone(zone).replace(tzinfo=None) for at in (start - _BEFORE, end + _BEFORE))
    walls = croniter(cron.expression, first)
    hourly = hourly and walls.expanded[1] == ["*"]

    def instants(wall: datetime) -> Iterator[datetime]:
        before, after = (wall.replace(tzinfo=zone, fold=fold).astimezone(timezone.utc) for fold in (0, 1))
        if before <= after:
            if hourly or twice == "first":
                yield before
            if hourly or twice == "second":
                yield after
        elif not hourly:
            # Never; the clock as it is after the change reckons backwards.
            yield after if gap == "after" else changes(cron.timezone, after - timedelta(seconds=1), 1)[0]

    found = {each for wall in takewhile(lambda wall: wall < last, walls.all_next(datetime)) for each in instants(wall)}
    return {each for each in found if start < each < end}
