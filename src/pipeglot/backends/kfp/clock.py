"""Cron as KFP reads it: six fields, with stars and clocks of its own."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from importlib import import_module
from typing import Any

from pipeglot.core.ir import Cron


def cron(expression: str) -> str:
    """Five fields of cron as KFP's six: seconds come first, and Sunday is 0 alone. A star with a step is a star to KFP,
    beside which both days have to match; where either is to do, it is written as a range.

    >>> cron("30 5 * * 1-5")
    '0 30 5 * * 1-5'
    >>> cron("0 9 * * 5-7,sun"), cron("0 9 * * 7"), cron("0 9 * * 1-7/2")
    ('0 0 9 * * 0,5-6,sun', '0 0 9 * * 0', '0 0 9 * * 0,1,3,5')
    >>> cron("0 7 */10 * 1"), cron("0 7 */10 * *")
    ('0 0 7 1-31/10 * 1', '0 0 7 */10 * *')
    """
    minute, hour, day, month, weekday = expression.split()
    if day != "*" and weekday != "*":
        day, weekday = _starless(day, "1-31"), _starless(weekday, "0-6")
    return " ".join(["0", minute, hour, day, month, _days(weekday)])


def _starless(field: str, span: str) -> str:
    return ",".join(span + part[1:] if part[0] == "*" else part for part in field.split(","))


def _days(field: str) -> str:
    found: dict[str, None] = {}
    for part in field.split(","):
        told = re.fullmatch(r"(\d)(?:-(\d))?(?:/(\d+))?", part)
        last = int(told[2] or (7 if told[3] else told[1])) if told else 0
        if told is None or last < 7 or (told[2] is None and told[3] is not None and told[1] != "7"):
            found[part] = None
            continue
        first, every = int(told[1]), int(told[3] or 1)
        days = list(range(first, last + 1, every))
        if 7 in days:
            found["0"] = None
            days.remove(7)
        if every == 1 and len(days) > 1:
            found[f"{days[0]}-{days[-1]}"] = None
        else:
            found.update(dict.fromkeys(map(str, days)))
    zero = ["0"] if "0" in found else []
    return ",".join([*zero, *(part for part in found if part != "0")])


def unreadable(expression: str) -> str:
    """Why KFP's API server refuses an expression of ours; empty when it does not.

    >>> unreadable("0 0 L * *"), unreadable("0 6 * * 1-5")
    ("KFP cannot read 'L' in a cron expression", '')
    """
    try:
        _model().parse(cron(expression))
    except ValueError as error:
        return str(error)
    return ""


def _model() -> Any:
    """The model of KFP's controller; it is untyped, for it runs under any Python."""
    return import_module("pipeglot.engines.probes.kfp_cron")


def cron_ticks(timing: Cron, start: datetime, end: datetime) -> set[datetime]:
    """KFP's ticks after an instant and before another, on a server in the schedule's time zone; none of an expression that
    its API server refuses.

    >>> daily = Cron(expression="30 2 * * *", timezone="Europe/Berlin")
    >>> day = datetime(2026, 3, 29, tzinfo=timezone.utc)
    >>> cron_ticks(daily, day, day.replace(day=30))
    set()
    """
    model = _model()
    try:
        schedule, clock = model.parse(cron(timing.expression)), model.Clock(timing.timezone)
    except ValueError:
        return set()
    found: set[datetime] = set()
    at = schedule.next(int(start.timestamp()), clock)
    while at is not None and at < end.timestamp():
        found.add(datetime.fromtimestamp(at, timezone.utc))
        at = schedule.next(at, clock)
    return found
