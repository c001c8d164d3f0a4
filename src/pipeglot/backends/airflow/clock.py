"""Cron as Airflow reads it: each tick from the wall clock of the one before."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from pipeglot.core.ir import Cron

_BEFORE = timedelta(hours=4)
"""How long before what is asked for the ticks begin: of the ones before, only the last matters."""


def cron_ticks(timing: Cron, start: datetime, end: datetime) -> set[datetime]:
    """Airflow's ticks after an instant and before another: those of `CronMixin._get_next` (3.3), one after the other.

    A time that does not exist ticks as if the clock had not changed, as it is meant; but the next is looked for after what
    the clock shows then, so that others of the hour that is left out are lost.

    >>> halves = Cron(expression="*/30 2 * * *", timezone="Europe/Paris")
    >>> day = datetime(2026, 3, 29, tzinfo=timezone.utc)
    >>> sorted(at.isoformat() for at in cron_ticks(halves, day, day + timedelta(hours=23)))
    ['2026-03-29T01:00:00+00:00']
    """
    # Imported here: only a pipeline with a schedule waits for it.
    from croniter import croniter

    zone = ZoneInfo(timing.timezone)
    hourly = croniter(timing.expression).expanded[1] == ["*"]
    found: set[datetime] = set()
    at = start - _BEFORE
    wall = at.astimezone(zone).replace(tzinfo=None)
    walls = croniter(timing.expression, wall)
    while at < end:
        if at > start:
            found.add(at)
        shown = at.astimezone(zone).replace(tzinfo=None)
        if shown != wall:  # the clock has changed
            wall, walls = shown, croniter(timing.expression, shown)
        coming = walls.get_next(datetime)
        at = at + (coming - wall) if hourly else _instant(coming, zone)
        wall = coming
    return found


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The second one of a time that comes twice; of one that does not exist, that of the clock before it changed."""
    return max(wall.replace(tzinfo=zone, fold=fold).astimezone(timezone.utc) for fold in (0, 1))
