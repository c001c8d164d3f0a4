"""Cron as Prefect reads it: every time of day where the wall clock first shows it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import takewhile
from zoneinfo import ZoneInfo

from pipeglot.core.ir import Cron

_AROUND = timedelta(hours=4)


def cron_ticks(timing: Cron, start: datetime, end: datetime) -> set[datetime]:
    """Prefect's ticks after an instant and before another: those of `CronSchedule` (3.8), asked again and again as the
    server's scheduler does. For a time that does not exist the clock as it is after the change reckons backwards.

    >>> daily = Cron(expression="30 2 * * *", timezone="Europe/Berlin")
    >>> day = datetime(2026, 3, 29, tzinfo=timezone.utc)
    >>> sorted(at.isoformat() for at in cron_ticks(daily, day, day + timedelta(days=1)))
    ['2026-03-29T00:30:00+00:00']
    """
    # Imported here: only a pipeline with a schedule waits for it.
    from croniter import croniter

    zone = ZoneInfo(timing.timezone)
    first, last = (at.astimezone(zone).replace(tzinfo=None) for at in (start - _AROUND, end + _AROUND))
    walls = takewhile(lambda wall: wall < last, croniter(timing.expression, first).all_next(datetime))
    both = ((wall.replace(tzinfo=zone, fold=fold).astimezone(timezone.utc) for fold in (0, 1)) for wall in walls)
    return {at for at in map(min, both) if start < at < end}
