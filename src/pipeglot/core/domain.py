"""Which values the language has: JSON that every reader keeps as it is."""

from __future__ import annotations

import math
from typing import Any

BIGGEST = 2**53
"""No whole number is further from zero: a JSON reader may keep numbers as 64-bit floats."""


def outside(value: Any) -> str | None:
    """Why a value is none of the language's, with its place in what was given; None when it is one.

    >>> outside({"rows": [1, 2**53 + 1]})
    "['rows'][1] is 9007199254740993, beyond the 2**53 that JSON readers keep"
    >>> outside(float("inf")), outside("a\\ud800"), outside([None, True, 0.5, "a", {"b": 2**53}])
    ('it is inf, no finite number', 'it holds half a Unicode character (a lone surrogate)', None)
    """
    todo: list[tuple[str, Any]] = [("", value)]
    while todo:
        place, at = todo.pop()
        reason = None
        if isinstance(at, dict):
            todo += [(f"{place}[{key!r}]", each) for key, each in reversed(at.items())]
            keys = [_reason(key) or ("" if isinstance(key, str) else f"is {key!r}, no text") for key in at]
            reason = next((f"has a key that {each}" for each in keys if each), None)
        elif isinstance(at, list):
            todo += [(f"{place}[{number}]", each) for number, each in reversed([*enumerate(at)])]
        else:
            reason = _reason(at)
        if reason is not None:
            return f"{place or 'it'} {reason}"
    return None


def _reason(value: Any) -> str | None:
    match value:
        case None | bool():
            return None
        case int():
            return f"is {value}, beyond the 2**53 that JSON readers keep" if abs(value) > BIGGEST else None
        case float():
            return None if math.isfinite(value) else f"is {value}, no finite number"
        case str():
            lone = any("\ud800" <= char <= "\udfff" for char in value)
            return "holds half a Unicode character (a lone surrogate)" if lone else None
    return f"is a {type(value).__name__}, which JSON has not"
