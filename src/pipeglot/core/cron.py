"""Cron expressions of five fields on a wall clock, as croniter reads them.

Ordinary fields (`*`, numbers, ranges, lists and steps of such) are read here: croniter's import takes longer than compiling a
small pipeline. Everything else, and what may never come, is croniter's to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

Field: TypeAlias = list[int]
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_PART = re.compile(r"(?:(\*)|(\d{1,2})(?:-(\d{1,2}))?)(?:/([1-9]\d?))?", re.ASCII)


def walls(expression: str, after: datetime) -> Iterator[datetime]:
    """The times after another at which a wall clock shows what an expression asks for, in order.

    Raises:
        ValueError: none comes, or the expression cannot be read.

    >>> coming = walls("30 2 * * 1-5", datetime(2026, 3, 6, 12))
    >>> next(coming), next(coming)
    (datetime.datetime(2026, 3, 9, 2, 30), datetime.datetime(2026, 3, 10, 2, 30))
    """
    if (known := _fields(expression)) is not None:
        return _walls(known, after)
    from croniter import croniter

    found: Iterator[datetime] = croniter(expression, after).all_next(datetime)
    return found


def expanded(expression: str) -> list[list[Any]]:
    """The values of each field, `*` for one that admits all of them.

    >>> expanded("*/30 2 * * *")
    [[0, 30], [2], ['*'], ['*'], ['*']]
    """
    if (known := _fields(expression)) is not None:
        return [
            ["*"] if len(field) > high - low else [*field] for field, (low, high) in zip(known, _RANGES, strict=True)
        ]
    from croniter import croniter

    found: list[list[Any]] = croniter(expression).expanded
    return found


def readable(expression: str) -> bool:
    """Whether an expression can be read."""
    if _fields(expression) is not None:
        return True
    from croniter import croniter

    return bool(croniter.is_valid(expression))


@lru_cache(maxsize=256)
def _fields(expression: str) -> tuple[Field, ...] | None:
    """The numbers that each ordinary field admits; None when one is not ordinary, or the day may never come."""
    texts = expression.split(" ")
    if len(texts) != len(_RANGES):
        return None
    found = []
    for text, (low, high) in zip(texts, _RANGES, strict=True):
        numbers = [*range(low, high + 1)] if text == "*" else _numbers(text, low, high)
        if numbers is None:
            return None
        found.append(numbers)
    return tuple(found) if found[2][0] <= 28 else None


def _numbers(text: str, low: int, high: int) -> Field | None:
    """The numbers of a field that does not admit all of them."""
    numbers: set[int] = set()
    for part in text.split(","):
        read = _PART.fullmatch(part)
        if read is None or (read[1] and text != part):
            return None
        first, last = (low, high) if read[1] else (int(read[2]), int(read[3] or read[2]))
        odd = first == last if read[3] else bool(read[2] and read[4])  # `3-3` and `3/2` mean more than they say
        if odd or not low <= first <= last <= high:
            return None
        numbers.update(range(first, last + 1, int(read[4] or 1)))
    return sorted(numbers) if len(numbers) <= high - low else None


def _walls(fields: tuple[Field, ...], after: datetime) -> Iterator[datetime]:
    minutes, hours, days, months, weekdays = fields
    any_day, any_weekday = len(days) == 31, len(weekdays) == 7
    day = after.replace(hour=0, minute=0, second=0, microsecond=0)
    while True:
        of_month, of_week = day.day in days, day.isoweekday() % 7 in weekdays
        # Where both are restricted, either of them is enough.
        if day.month in months and (of_month and of_week if any_day or any_weekday else of_month or of_week):
            for hour in hours:
                for minute in minutes:
                    wall = day.replace(hour=hour, minute=minute)
                    if wall > after:
                        yield wall
        day += timedelta(days=1)
