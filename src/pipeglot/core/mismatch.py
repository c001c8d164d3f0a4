"""Whether a JSON value is of a type, and if not, why: the keywords that pydantic writes are checked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pipeglot.core.ir import Json, Schema
from pipeglot.core.types import MAX_REFS, resolve, same, type_name

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def mismatch(value: Json, schema: Schema) -> str | None:
    """Why a JSON value is not of a type, or None when it is: the keywords that pydantic writes are checked.

    Numbers are read as pydantic's strict mode reads them: an int is a float too, a float is never an int.

    >>> mismatch({"n": [1, True]}, {"properties": {"n": {"items": {"type": "integer"}}}})
    "['n'][1] is true, not an integer"
    """
    return next(_mismatches(value, schema, schema.get("$defs", {}), "", 0), None)


def _mismatches(value: Json, schema: Any, defs: Mapping[str, Schema], place: str, refs: int) -> Iterator[str]:
    if schema is True or refs > MAX_REFS:
        return
    if schema is False:
        yield f"{place or 'it'} must not be given"
        return
    defs = schema.get("$defs", defs)
    if "$ref" in schema:
        target = resolve(schema["$ref"], defs)
        if target is not None:
            yield from _mismatches(value, target, defs, place, refs + 1)
    said = f"{place or 'it'} is {_short(value)}"
    names = schema.get("type", [])
    names = names if isinstance(names, list) else [names]
    own = type_name(value)
    if names and own not in names and not (own == "integer" and "number" in names):
        yield f"{said}, not {' or '.join(_ARTICLES.get(str(name), str(name)) for name in names)}"
        return
    yield from _choice(value, schema, said)
    yield from _combined(value, schema, defs, place, refs)
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number(value, schema, said)
    elif isinstance(value, str):
        yield from _text(value, schema, said)
    elif isinstance(value, list):
        yield from _list(value, schema, defs, place, said)
    elif isinstance(value, dict):
        yield from _dict(value, schema, defs, place, said)


def _choice(value: Json, schema: Schema, said: str) -> Iterator[str]:
    if "const" in schema and not same(value, schema["const"]):
        yield f"{said}, not {_short(schema['const'])}"
    if "enum" in schema and not any(same(value, choice) for choice in schema["enum"]):
        yield f"{said}, not one of {', '.join(map(_short, schema['enum']))}"


def _combined(value: Json, schema: Schema, defs: Mapping[str, Schema], place: str, refs: int) -> Iterator[str]:
    for key in ("anyOf", "oneOf"):
        if key in schema:
            tried = [next(_mismatches(value, one, defs, place, refs + 1), None) for one in schema[key]]
            reasons = [reason for reason in tried if reason is not None]
            if len(reasons) == len(tried):
                yield " and ".join(dict.fromkeys(reasons))
    for one in schema.get("allOf", ()):
        yield from _mismatches(value, one, defs, place, refs + 1)


def _number(value: float, schema: Schema, said: str) -> Iterator[str]:
    if "minimum" in schema and not value >= schema["minimum"]:
        yield f"{said}, below {schema['minimum']}"
    if "exclusiveMinimum" in schema and not value > schema["exclusiveMinimum"]:
        yield f"{said}, not above {schema['exclusiveMinimum']}"
    if "maximum" in schema and not value <= schema["maximum"]:
        yield f"{said}, above {schema['maximum']}"
    if "exclusiveMaximum" in schema and not value < schema["exclusiveMaximum"]:
        yield f"{said}, not below {schema['exclusiveMaximum']}"
    factor = schema.get("multipleOf")
    if factor and abs(value / factor - round(value / factor)) > 1e-9:
        yield f"{said}, no multiple of {factor}"


def _text(value: str, schema: Schema, said: str) -> Iterator[str]:
    if len(value) < schema.get("minLength", 0):
        yield f"{said}, shorter than {schema['minLength']} characters"
    if len(value) > schema.get("maxLength", len(value)):
        yield f"{said}, longer than {schema['maxLength']} characters"
    if "pattern" in schema and not _matches(schema["pattern"], value):
        yield f"{said}, which does not match {schema['pattern']!r}"
    if not _reads(schema.get("format", ""), value):
        yield f"{said}, which is no {schema['format']}"


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error:  # written for another dialect: the step itself will judge
        return True


def _reads(format: str, value: str) -> bool:
    """Whether a text is of a format, as pydantic reads it; of one that is not checked everything is."""
    if format not in _FORMATS:
        return True
    from pydantic import ValidationError

    adapter = _adapter(format)
    try:
        adapter.validate_json(json.dumps(value), strict=True)
    except ValidationError:
        return False
    return True


def _list(value: list[Any], schema: Schema, defs: Mapping[str, Schema], place: str, said: str) -> Iterator[str]:
    if len(value) < schema.get("minItems", 0):
        yield f"{said}, with fewer than {schema['minItems']} items"
    if len(value) > schema.get("maxItems", len(value)):
        yield f"{said}, with more than {schema['maxItems']} items"
    if schema.get("uniqueItems") and len({json.dumps(item, sort_keys=True) for item in value}) < len(value):
        yield f"{said}, with an item twice"
    first = schema.get("prefixItems", [])
    for number, item in enumerate(value):
        inner = first[number] if number < len(first) else schema.get("items", True)
        yield from _mismatches(item, inner, defs, f"{place}[{number}]", 0)


def _dict(value: dict[str, Any], schema: Schema, defs: Mapping[str, Schema], place: str, said: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{said}, without {name!r}"
    for name, item in value.items():
        if "propertyNames" in schema:
            yield from _mismatches(name, schema["propertyNames"], defs, f"{place} key {name!r}".strip(), 0)
        inner = properties.get(name, schema.get("additionalProperties", True))
        yield from _mismatches(item, inner, defs, f"{place}[{name!r}]", 0)


def _short(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


_FORMATS = {
    "date": "datetime:date",
    "date-time": "datetime:datetime",
    "time": "datetime:time",
    "duration": "datetime:timedelta",
    "uuid": "uuid:UUID",
}
"""Formats of text that are checked, each with the type that reads it."""


@lru_cache
def _adapter(format: str) -> TypeAdapter[Any]:
    import pkgutil

    from pydantic import TypeAdapter

    return TypeAdapter(pkgutil.resolve_name(_FORMATS[format]))


_ARTICLES = {
    "integer": "an integer",
    "number": "a number",
    "string": "a text",
    "boolean": "a bool",
    "array": "a list",
    "object": "a dict",
    "null": "null",
}
