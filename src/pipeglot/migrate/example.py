"""A value of a type, made of nothing but its JSON Schema: always the same one."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor
from typing import Any

from pipeglot.core.ir import Json, Schema
from pipeglot.core.mismatch import mismatch
from pipeglot.core.types import options

_DEEP = 5
"""Values inside values beyond which only what is required is made: a type may hold itself."""

_BY_FORMAT = {
    "date-time": "2000-01-01T00:00:00Z",
    "date": "2000-01-01",
    "time": "00:00:00",
    "duration": "PT0S",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "uuid1": "00000000-0000-1000-8000-000000000000",
    "uuid3": "00000000-0000-3000-8000-000000000000",
    "uuid4": "00000000-0000-4000-8000-000000000000",
    "uuid5": "00000000-0000-5000-8000-000000000000",
    "email": "someone@example.org",
    "uri": "https://example.org/",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "ipvanyaddress": "192.0.2.1",
    "ipv4network": "192.0.2.0/24",
    "ipv6network": "2001:db8::/32",
}
_TEXTS = ("made up", "a", "A", "0", "a0", "A0", "a-0", "1.0", "#000000", "")
"""What is tried against a pattern."""


def example(schema: Schema) -> Json:
    """A value that fits a schema, as far as the schema says what fits: short, the same every time, lists with an item.

    >>> example({"type": "array", "items": {"type": "integer", "minimum": 3}}), example({"enum": ["b", "a"]}), example({})
    ([3], 'b', None)
    """
    return next(iter(_examples(schema, 0)), None)


def _examples(schema: Any, depth: int) -> Iterator[Json]:
    """One value for each alternative of a schema, those with something in them first."""
    if not isinstance(schema, dict):
        return
    for option in sorted(options(schema), key=lambda one: one.get("type") == "null"):
        value = _of(option, depth)
        if mismatch(value, option) is None:
            yield value


def _of(schema: Schema, depth: int) -> Json:
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    match schema.get("type") or ("object" if "properties" in schema else "array" if "items" in schema else None):
        case "boolean":
            return False
        case "integer" | "number" as kind:
            return _number(schema, whole=kind == "integer")
        case "string":
            return _text(schema)
        case "array":
            return _list(schema, depth)
        case "object":
            return _object(schema, depth)
    return None


def _number(schema: Schema, *, whole: bool) -> float | int:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    some: list[float] = [0, *(one for one in (low, high) if one is not None)]
    some += [one + 1 for one in (low, above) if one is not None] + [one - 1 for one in (high, below) if one is not None]
    ends = [one for one in (low, above) if one is not None], [one for one in (high, below) if one is not None]
    if all(ends):
        some.append((max(ends[0]) + min(ends[1])) / 2)
    factor = schema.get("multipleOf")
    tried = (
        [rounded * factor for one in some for rounded in (ceil(one / factor), floor(one / factor))] if factor else some
    )
    tried = [number for one in tried for number in (ceil(one), floor(one))] if whole else [float(one) for one in tried]
    return next((one for one in tried if mismatch(one, schema) is None), 0 if whole else 0.0)


def _text(schema: Schema) -> str:
    if (known := _BY_FORMAT.get(str(schema.get("format")))) is not None:
        return known
    least, most = schema.get("minLength", 0), schema.get("maxLength", 1_000)
    tried = [text.ljust(least, text[-1:] or "a")[: max(most, 0)] for text in _TEXTS]
    return next((text for text in tried if mismatch(text, schema) is None), tried[0])


def _list(schema: Schema, depth: int) -> list[Json]:
    first = [next(_examples(_standing(one, schema), depth + 1), None) for one in schema.get("prefixItems", ())]
    item = schema.get("items", True)
    if item is False or (first and "items" not in schema):
        return first
    least = max(schema.get("minItems", 0) - len(first), 0 if first or depth > _DEEP else 1)
    found = list(_examples({} if item is True else _standing(item, schema), depth + 1)) or [None]
    if schema.get("uniqueItems"):
        found = [value for number, value in enumerate(found) if value not in found[:number]]
        return first + found[:least]
    most = schema.get("maxItems", least)
    return (first + [found[0]] * least)[: max(most, len(first))]


def _object(schema: Schema, depth: int) -> dict[str, Json]:
    known = schema.get("properties", {})
    required = schema.get("required", [])
    made = {}
    for name in required if depth > _DEEP else dict.fromkeys((*known, *required)):
        some = list(_examples(_standing(known.get(name, {}), schema), depth + 1))
        if some or name in required:
            made[name] = some[0] if some else None
    return made


def _standing(inner: Any, outer: Schema) -> Any:
    """A part of a schema, with the definitions that its references need."""
    if not isinstance(inner, dict) or "$defs" not in outer or "$defs" in inner:
        return inner
    return {**inner, "$defs": outer["$defs"]}
