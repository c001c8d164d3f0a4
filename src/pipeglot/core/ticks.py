"""The ticks of a schedule: the instants that are the logical dates of its runs.

Cron is read on the wall clock of its time zone. A day matches when its day of the month or its weekday does, where both are
restricted. When clocks change: a time that does not exist on that day ticks as if the clock had not changed yet (02:30
becomes 03:30), one that comes twice ticks the second time, and with `*` for the hour every hour that passes ticks. An
interval counts from the schedule's start; the start itself is a tick.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import groupby
from zoneinfo import ZoneInfo

from pipeglot.core.ir import Cron, Schedule

_SECOND = timedelta(seconds=1)


def ticks(schedule: Schedule, after: datetime, *, on: datetime | None = None) -> Iterator[datetime]:
    """The ticks after an instant and not before the schedule's start, in UTC, in order, for ever.

    Args:
        schedule: a checked schedule.
        after: an aware instant.
        on: when the schedule was switched on: an interval without a start counts from there (default: `after`).

    >>> daily = Schedule(timing=Cron(expression="30 2 * * *", timezone="America/New_York"))
    >>> coming = ticks(daily, datetime(2026, 3, 7, 12, tzinfo=timezone.utc))
    >>> [next(coming).isoformat() for _ in range(2)]
    ['2026-03-08T07:30:00+00:00', '2026-03-09T06:30:00+00:00']
    """
    after = after.astimezone(timezone.utc)
    if schedule.start is not None:
        after = max(after, schedule.start - _SECOND)
    if isinstance(schedule.timing, Cron):
        yield from _cron(schedule.timing, after)
        return
    every = timedelta(seconds=schedule.timing.seconds)
    # Without a start, what is switched on has not run yet.
    first = schedule.start or (after if on is None else on.astimezone(timezone.utc)) + every
    number = max((after - first) // every + 1, 0)
    while True:
        yield first + number * every
        number += 1


def _cron(cron: Cron, after: datetime) -> Iterator[datetime]:
    # Imported here: only a pipeline with a schedule waits for it.
    from croniter import croniter

    zone = ZoneInfo(cron.timezone)
    midnight = after.astimezone(zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    # A day early: what does not exist right before midnight belongs to the day before.
    walls = croniter(cron.expression, midnight - timedelta(days=1, seconds=1))
    hourly = walls.expanded[1] == ["*"]
    last = after
    for _, day in groupby(walls.all_next(datetime), key=datetime.date):
        found = {instant for wall in day for instant in _instants(wall, zone, hourly)}
        for instant in sorted(found):
            if instant > last:
                last = instant
                yield instant


def _instants(wall: datetime, zone: ZoneInfo, hourly: bool) -> Iterator[datetime]:
    """The instants at which the wall clock shows that time, as far as they tick."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(timezone.utc) for fold in (0, 1))
    if first == second:
        yield first
    elif first < second:
        # Twice.
        if hourly:
            yield first
        yield second
    elif not hourly:
        # Never: `fold=0` is the time before the change.
        yield first


def changes(zone: str, after: datetime) -> Iterator[datetime]:
    """The next instants at which a time zone's clocks change, as far as they do within 400 days of one another.

    >>> coming = changes("Europe/Berlin", datetime(2026, 1, 1, tzinfo=timezone.utc))
    >>> [next(coming).isoformat() for _ in range(2)]
    ['2026-03-29T01:00:00+00:00', '2026-10-25T01:00:00+00:00']
    >>> list(changes("UTC", datetime(2026, 1, 1, tzinfo=timezone.utc)))
    []
    """
    local = ZoneInfo(zone)

    def offset(at: datetime) -> timedelta | None:
        return at.astimezone(local).utcoffset()

    at = after.astimezone(timezone.utc).replace(microsecond=0)
    end = at + timedelta(days=400)
    before = offset(at)
    while at < end:
        following = at + timedelta(days=1)
        if before != (then := offset(following)):
            low, high = at, following
            while high - low > _SECOND:
                middle = low + (high - low) // 2
                middle = middle.replace(microsecond=0)
                low, high = (low, middle) if offset(middle) != offset(low) else (middle, high)
            yield high
            end = high + timedelta(days=400)
        at, before = following, then
