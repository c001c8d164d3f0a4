"""A number as people and programs write it: with separators, another decimal mark, zeros behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

_NUMBER = re.compile(r"([+-]?)([0-9]+|[0-9]{1,4}(?:[,._' -][0-9]{2,4})+)(?:\.([0-9]+))?")
_MARKS = ",._'\u2019 -\u00a0\u202f\u2009"
"""What stands between groups of digits somewhere."""
_LONGEST = 60


def number(text: str) -> Decimal | None:
    """The number that a text is, whatever separates its digits; its sign does not matter.

    >>> number("1234567.50"), number("4111 1111 1111 1111"), number("1,234x")
    (Decimal('1234567.5'), Decimal('4111111111111111'), None)
    """
    found = _NUMBER.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    plain = re.sub(r"[^0-9]", "", found[2])
    part = (found[3] or "").rstrip("0")
    return Decimal(f"{plain}.{part}" if part else plain)


def written(text: str) -> Iterator[str]:
    """The ways to write the number that a text is; none if it is no number, or one of few digits.

    >>> {"1,234,567.5", "1.234.567,5", "1 234 567.5", "1234567.5", "1.2345675e"} < set(written("1234567.50"))
    True
    >>> list(written("1234")), list(written("12ab"))
    ([], [])
    """
    told = number(text)
    if told is None:
        return
    whole, _, part = f"{told:f}".partition(".")
    if len(whole.lstrip("0") + part) < 5:
        return
    for groups in {_from_right(whole, 3), _from_right(whole, 4), _from_left(whole, 4), _indian(whole), (whole,)}:
        for mark in _MARKS if len(groups) > 1 else ("",):
            joined = mark.join(groups)
            if not part:
                yield joined
                continue
            for point in ".,":
                if point != mark:
                    yield from (f"{joined}{point}{part}", f"{joined}{point}{part:0<2}")
    digits = (whole + part).strip("0")
    if len(digits) > 4 and len(whole.lstrip("0")):
        yield from (f"{digits[0]}.{digits[1:]}{letter}" for letter in "eE")


def _from_right(digits: str, size: int) -> tuple[str, ...]:
    first = len(digits) % size
    return tuple(filter(None, (digits[:first], *(digits[n : n + size] for n in range(first, len(digits), size)))))


def _from_left(digits: str, size: int) -> tuple[str, ...]:
    return tuple(digits[n : n + size] for n in range(0, len(digits), size))


def _indian(digits: str) -> tuple[str, ...]:
    return (*_from_right(digits[:-3], 2), digits[-3:])
