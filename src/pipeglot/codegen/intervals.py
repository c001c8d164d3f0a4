"""When a schedule's ticks are those of a cron expression."""

from __future__ import annotations


def interval_as_cron(seconds: int, start: float) -> str | None:
    """The cron expression, in UTC, of exactly the ticks that lie a multiple of `seconds` after `start`, a POSIX time; None
    when there is none.

    >>> interval_as_cron(900, 0), interval_as_cron(86_400, 3_600), interval_as_cron(7 * 60, 0)
    ('*/15 * * * *', '0 1 * * *', None)
    """
    first = int(start)
    if seconds % 60 or first % 60:
        return None
    minutes, first = seconds // 60, first // 60
    if minutes <= 60 and 60 % minutes == 0:
        return f"{_listed(range(first % minutes, 60, minutes))} * * * *"
    if minutes % 60 == 0 and 24 % (minutes // 60) == 0:
        hours = minutes // 60
        return f"{first % 60} {_listed(range(first // 60 % hours, 24, hours))} * * *"
    if minutes == 7 * 24 * 60:
        return f"{first % 60} {first // 60 % 24} * * {(first // (24 * 60) + 4) % 7}"
    return None


def _listed(values: range) -> str:
    if values.step == 1:
        return "*"
    if values.start == 0 and len(values) > 1:
        return f"*/{values.step}"
    return ",".join(map(str, values))
