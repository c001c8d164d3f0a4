"""Static types: what is known of a value before anything runs, as JSON Schema.

Schemas are those pydantic writes for annotations. `{}` means that nothing is known. A sub-schema carries the
`$defs` its references need, so that every schema stands alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from pipeglot.core.ir import Json, Schema

ScalarKind: TypeAlias = Literal["bool", "int", "float", "text"]
"""What a condition can compare; `float` includes what may be an int or a float."""

BOOL: Schema = {"type": "boolean"}
TEXT: Schema = {"type": "string"}

MAX_REFS = 50
"""More references than this in a row lead nowhere."""


def schema_of_json(value: Json) -> Schema:
    """The schema of one known value.

    >>> schema_of_json([1, 2])["items"]["enum"]
    [1, 2]
    """
    match value:
        case None:
            return {"type": "null"}
        case bool() | int() | float() | str():
            return {"const": value, "type": type_name(value)}
        case list():
            return list_of(union([schema_of_json(item) for item in value]), len(value))
        case _:
            properties = {key: schema_of_json(item) for key, item in value.items()}
            return {"type": "object", "properties": properties, "required": list(properties)}


def list_of(item: Schema, length: int | None = None) -> Schema:
    """The schema of a list."""
    bounds = {} if length is None else {"minItems": length, "maxItems": length}
    return {"type": "array", "items": item, **bounds}


def union(schemas: Sequence[Schema]) -> Schema:
    """A schema that admits what one of `schemas` admits.

    >>> union([BOOL, BOOL])
    {'type': 'boolean'}
    """
    found: dict[str, Schema] = {}
    for schema in schemas:
        if not schema:
            return {}
        parts = schema["anyOf"] if set(schema) == {"anyOf"} else [schema]
        found.update((json.dumps(part, sort_keys=True), part) for part in parts)
    if not found:
        return {}
    options = list(found.values())
    constants = [option["const"] for option in options if set(option) == {"const", "type"}]
    if len(constants) == len(options) > 1 and len({option["type"] for option in options}) == 1:
        return {"enum": constants, "type": options[0]["type"]}
    return options[0] if len(options) == 1 else {"anyOf": options}


def select(schema: Schema, path: Sequence[str | int]) -> Schema | None:
    """The schema of what lies at `path`; `{}` when nothing is known, None when nothing can lie there.

    Where one option of several leads somewhere, the path may exist. A dict type that lists its properties and
    does not say that it has others has none: that is how pydantic writes dataclasses, models and TypedDicts.

    >>> row = {"properties": {"n": BOOL}}
    >>> select({"type": "array", "items": {"$ref": "#/$defs/Row"}, "$defs": {"Row": row}}, (0, "n"))
    {'type': 'boolean'}
    """
    current: Schema | None = schema
    for step in path:
        if current is None:
            return None
        found = [inner for option in options(current) if (inner := _at(option, step)) is not None]
        current = union(found) if found else None
    return current


def options(schema: Schema) -> list[Schema]:
    """The alternatives a schema stands for, references followed: `[schema]` when it is one itself.

    >>> options({"anyOf": [BOOL, {"type": ["string", "null"]}]})
    [{'type': 'boolean'}, {'type': 'string'}, {'type': 'null'}]
    """
    return list(_options(schema, schema.get("$defs", {}), 0))


def _options(schema: Schema, defs: Mapping[str, Schema], depth: int) -> Iterator[Schema]:
    defs = schema.get("$defs", defs)
    if depth > MAX_REFS:
        yield {}
        return
    if "$ref" in schema:
        target = resolve(schema["$ref"], defs)
        yield from _options(target, defs, depth + 1) if target is not None else iter([{}])
        return
    for key in ("anyOf", "oneOf"):
        if key in schema:
            for option in schema[key]:
                yield from _options(option, defs, depth + 1)
            return
    if isinstance(schema.get("allOf"), list) and len(schema["allOf"]) == 1:
        yield from _options(schema["allOf"][0], defs, depth + 1)
        return
    if isinstance(schema.get("type"), list):
        for name in schema["type"]:
            yield _standalone({**schema, "type": name}, defs)
        return
    yield _standalone(schema, defs)


def _standalone(schema: Schema, defs: Mapping[str, Schema]) -> Schema:
    """`schema` with the definitions its references need."""
    if not defs or "$defs" in schema or "$ref" not in json.dumps(schema):
        return schema
    return {**schema, "$defs": dict(defs)}


def resolve(ref: Any, defs: Mapping[str, Schema]) -> Schema | None:
    """The schema that a `$ref` names; None when there is none."""
    name = str(ref).removeprefix("#/$defs/").replace("~1", "/").replace("~0", "~")
    return defs.get(name)


def _at(schema: Schema, step: str | int) -> Schema | None:
    """What one alternative (no reference, no union) has at one step of a path."""
    defs = schema.get("$defs", {})
    kind = schema.get("type")
    inner: Any
    if isinstance(step, str):
        if kind not in (None, "object") or "items" in schema:
            return None
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties", not properties)
        inner = properties.get(step, others)
    elif kind == "string":
        return TEXT
    else:
        if kind not in (None, "array") or "properties" in schema:
            return None
        first = schema.get("prefixItems", [])
        position = step + len(first) if step < 0 and first and "items" not in schema else step
        longest = schema.get("maxItems")
        if isinstance(longest, int) and not -longest <= step < longest:
            return None
        if 0 <= position < len(first):
            inner = first[position]
        elif first and position < 0 and "items" in schema:
            inner = True
        else:
            inner = schema.get("items", True)
    if inner is False:
        return None
    return {} if inner is True else _standalone(inner, defs)


def always_at(schema: Schema, path: Sequence[str | int]) -> bool:
    """Whether something lies at `path` in every value of a type.

    >>> row = {"type": "object", "properties": {"n": BOOL}, "required": ["n"]}
    >>> always_at({"anyOf": [row, row]}, ("n",)), always_at({"anyOf": [row, {"type": "null"}]}, ("n",))
    (True, False)
    """
    return all(
        all(_needs(option, step) for option in options(select(schema, path[:depth]) or {}))
        for depth, step in enumerate(path)
    )


def _needs(schema: Schema, step: str | int) -> bool:
    """Whether every value of one alternative has something at one step of a path."""
    if isinstance(step, str):
        return schema.get("type") == "object" and step in schema.get("required", ())
    shortest = int(schema.get("minItems", 0))
    return schema.get("type") == "array" and -shortest <= step < shortest


def item_of(schema: Schema) -> Schema:
    """The type of a list's items; `{}` when it is not known.

    >>> item_of({"type": "array", "items": {"type": "string"}})
    {'type': 'string'}
    """
    inner = []
    for option in options(schema):
        if option.get("type") == "array":
            first = [*option.get("prefixItems", ())]
            rest = [option["items"]] if isinstance(option.get("items"), dict) else [] if first else [{}]
            defs = option.get("$defs", {})
            inner += [_standalone(item, defs) if isinstance(item, dict) else {} for item in [*first, *rest]]
    return union(inner)


def json_types(schema: Schema) -> frozenset[str]:
    """The names of the JSON types that a schema admits; `any` among them when nothing is known.

    >>> sorted(json_types({"anyOf": [{"type": "integer"}, {"enum": [1.5, None]}]}))
    ['integer', 'null', 'number']
    """
    found: set[str] = set()
    for option in options(schema):
        if "type" in option:
            found.add(option["type"])
        elif "const" in option or "enum" in option:
            found.update(map(type_name, option.get("enum", [option.get("const")])))
        else:
            found.add("any")
    return frozenset(found)


def is_list(schema: Schema) -> bool:
    """Whether nothing but a list is admitted."""
    return json_types(schema) == {"array"}


def may_be_none(schema: Schema) -> bool:
    """Whether null is admitted, or nothing is known."""
    return not json_types(schema).isdisjoint({"null", "any"})


def scalar_kind(schema: Schema) -> ScalarKind | None:
    """The kind of scalar a schema admits; None when it is mixed, may be null, or is not known.

    >>> scalar_kind({"anyOf": [{"type": "integer"}, {"type": "number"}]}), scalar_kind({})
    ('float', None)
    """
    kinds = {_SCALARS.get(name) for name in json_types(schema)}
    if kinds == {"int", "float"}:
        return "float"
    return kinds.pop() if len(kinds) == 1 else None


_SCALARS: dict[str, ScalarKind] = {"boolean": "bool", "integer": "int", "number": "float", "string": "text"}


def type_name(value: Json) -> str:
    """The JSON Schema type of a value; a whole number is an integer."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def scalars(value: Json) -> Iterator[Json]:
    """What stands in a JSON value besides lists and dicts, at any depth.

    >>> sorted(scalars({"a": [1, [2]], "b": 3}))
    [1, 2, 3]
    """
    stack = [value]
    while stack:
        inner = stack.pop()
        if isinstance(inner, list):
            stack += inner
        elif isinstance(inner, dict):
            stack += inner.values()
        else:
            yield inner


def same(a: Json, b: Json) -> bool:
    """Whether two JSON values are the same: 1 is 1.0, and neither is True.

    >>> same([1], [1.0]), same([1], [True])
    (True, False)
    """
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return bool(a == b)
