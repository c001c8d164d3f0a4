"""Values as their types have them: what an engine's database, and native code, tells apart less than that."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pipeglot.core.ir import Json, Schema
from pipeglot.core.types import mismatch, options, select


def as_declared(value: Json, schema: Schema) -> Json:
    """A value as its type has it: a whole number where a float is declared is a float, at any depth, and UTC is `Z`.

    What native code gives, and what a database gives back, is told apart less than that.

    >>> as_declared({"a": [1, 2.5], "n": 1}, {"properties": {"a": {"items": {"type": "number"}}}})
    {'a': [1.0, 2.5], 'n': 1}
    """
    text = json.dumps(schema)
    return _as(value, schema) if '"number"' in text or '"date-time"' in text else value


def _as(value: Json, schema: Schema) -> Json:
    if value is None or isinstance(value, bool | float) or not schema:
        return value
    found = options(schema)
    if len(found) > 1:
        found = [option for option in found if mismatch(value, option) is None]
    kinds = {option.get("type") for option in found}
    match value:
        case int():
            return float(value) if kinds == {"number"} else value
        case str():
            utc = value.endswith("+00:00") and any(option.get("format") == "date-time" for option in found)
            return value.removesuffix("+00:00") + "Z" if utc else value
        case list():
            first = max((len(option.get("prefixItems", ())) for option in found), default=0)
            inner = [_within(found, number) for number in range(min(first, len(value)))]
            others = _within(found, first)
            return [_as(each, inner[n] if n < first else others) for n, each in enumerate(value)]
        case _:
            return {key: _as(each, _within(found, key)) for key, each in value.items()}


def _within(found: Sequence[Schema], step: str | int) -> Schema:
    return next((inner for option in found if (inner := select(option, (step,))) is not None), {})
