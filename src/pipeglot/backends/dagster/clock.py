"""Cron as Dagster reads it: a way of its own for one time of day, one for minutes of every hour, one for all else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from pipeglot.core.ir import Cron

_AROUND = timedelta(hours=4)
_HOUR, _MINUTE = 3600, 60
_HOURS = (1, 2, 3)
"""The hours that Dagster takes for those in which clocks change."""


def cron_ticks(timing: Cron, start: datetime, end: datetime) -> set[datetime]:
    """Dagster's ticks after an instant and before another: those of its `_utils.schedules` (1.13), as the daemon asks for
    them, each from the second after the last.

    >>> daily = Cron(expression="30 2 * * *", timezone="Europe/Berlin")
    >>> day = datetime(2026, 3, 29, tzinfo=timezone.utc)
    >>> sorted(at.isoformat() for at in cron_ticks(daily, day, day + timedelta(days=1)))
    ['2026-03-29T01:00:00+00:00']
    """
    # Imported here: only a pipeline with a schedule waits for it.
    from croniter import croniter

    fields: list[list[Any]] = croniter(timing.expression).expanded
    zone = ZoneInfo(timing.timezone)
    minutes = [each for each in fields[0] if isinstance(each, int)]
    found: Iterable[datetime]
    if minutes and all(field == ["*"] for field in fields[1:]):
        found = _minutes(minutes, zone, start, end)
    else:
        first = (start - _AROUND).astimezone(zone).replace(tzinfo=None)
        last = (end + _AROUND).astimezone(zone).replace(tzinfo=None)
        walls = takewhile(lambda wall: wall < last, croniter(timing.expression, first).all_next(datetime))
        found = _once(walls, zone) if _is_one(fields) else _all(walls, zone, hourly=fields[1] == ["*"])
    return {at for at in found if start < at < end}


def _is_one(fields: list[list[Any]]) -> bool:
    """Whether it is one time of day on every day, on some weekdays, or on a day that every month has."""
    single = [len(field) == 1 and field != ["*"] for field in fields]
    every = [field == ["*"] for field in fields]
    if not (single[0] and single[1] and every[3]):
        return False
    return every[2] or (single[2] and every[4] and isinstance(fields[2][0], int) and fields[2][0] <= 28)


def _once(walls: Iterator[datetime], zone: ZoneInfo) -> Iterator[datetime]:
    for wall in walls:
        at = wall.replace(tzinfo=zone)
        if not _exists(at):
            at = _after(at)
        if at.hour in _HOURS:
            # Also where that does not exist either: zones whose summer time is the standard (Morocco, Ireland).
            at = at.replace(fold=1)
        yield at.astimezone(timezone.utc)


def _all(walls: Iterator[datetime], zone: ZoneInfo, *, hourly: bool) -> Iterator[datetime]:
    """Ever later ones: what would be before the last is left out."""
    last: datetime | None = None
    both: list[datetime] = []
    for wall in walls:
        at = wall.replace(tzinfo=zone)
        if not _exists(at):
            coming = [] if hourly else [_after(at).astimezone(timezone.utc)]
        else:
            first, second = (at.replace(fold=fold).astimezone(timezone.utc) for fold in (0, 1))
            if hourly and first != second:
                both += [first, second]  # the whole hour, and then the whole hour again
                continue
            coming = [second]
        for each in [*sorted(both), *coming]:
            if last is None or each > last:
                last = each
                yield each
        both = []


def _exists(at: datetime) -> bool:
    return at.astimezone(timezone.utc).astimezone(at.tzinfo).replace(tzinfo=None) == at.replace(tzinfo=None)


def _after(at: datetime) -> datetime:
    """What is ticked for a time that does not exist: the end of the gap, if clocks change when Dagster thinks they do."""
    if at.hour not in _HOURS:
        return at
    return at.replace(minute=0, second=0) + ((at + timedelta(hours=1)).dst() or timedelta())


def _minutes(minutes: list[int], zone: ZoneInfo, start: datetime, end: datetime) -> set[datetime]:
    """Some minutes of every hour: of the clock where it differs from UTC by no whole hours *now*, else of UTC. Where that
    depends on the season, what is started in any."""
    year = (datetime(start.year, month, 15, 12, tzinfo=zone) for month in range(1, 13))
    local = {((at.utcoffset() or timedelta()).total_seconds() % _HOUR) != 0 for at in year}
    return {at for by in local for at in _every_hour(minutes, zone if by else timezone.utc, start, end)}


def _every_hour(minutes: list[int], clock: Any, start: datetime, end: datetime) -> Iterator[datetime]:
    at = int((start - timedelta(hours=3)).timestamp())
    while at < end.timestamp():
        # The tick at or before this second, and then the one after it.
        floor = at - at % _MINUTE
        shown = datetime.fromtimestamp(floor, clock).minute
        last = max(floor - _MINUTE * ((shown - minute) % 60) for minute in minutes)
        shown = datetime.fromtimestamp(last, clock).minute
        steps = [(minute - shown) % 60 * _MINUTE or _HOUR for minute in minutes]
        coming = last + (_HOUR if len(minutes) == 1 else min(steps))
        if coming < at:
            return  # Dagster fails here, again and again
        at = coming
        yield datetime.fromtimestamp(at, timezone.utc)
