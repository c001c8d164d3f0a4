"""A flow's parameters: annotations by which Prefect refuses what the language refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeglot.core.ir import Param, Schema
from pipeglot.core.pysource import call, flat, literal

_BOUNDS = {
    "minimum": "ge",
    "maximum": "le",
    "exclusiveMinimum": "gt",
    "exclusiveMaximum": "lt",
    "multipleOf": "multiple_of",
    "minLength": "min_length",
    "maxLength": "max_length",
    "pattern": "pattern",
    "minItems": "min_length",
    "maxItems": "max_length",
}
_STRICT = {"boolean": "StrictBool", "integer": "StrictInt", "string": "StrictStr"}


def annotation(param: Param, use: Callable[[str], str]) -> str:
    """The annotation of a parameter; `use` imports a name and says what it is called in this file."""
    plain = _annotation(param.type, param.type.get("$defs", {}), use, 0)
    if not param.description:
        return plain
    field = flat(call(use("Field"), description=param.description))
    return f"{use('Annotated')}[{plain}, {field}]"


def _annotation(schema: Schema, definitions: Schema, use: Callable[[str], str], depth: int) -> str:
    if depth > 20:
        return use("Any")

    def inner(part: Any) -> str:
        return _annotation(part, definitions, use, depth + 1) if isinstance(part, dict) else use("Any")

    if "$ref" in schema:
        return inner(definitions.get(str(schema["$ref"]).removeprefix("#/$defs/"), {}))
    if "enum" in schema or "const" in schema:
        return _choice(schema.get("enum", [schema.get("const")]), use)
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return " | ".join(dict.fromkeys(inner(part) for part in schema[word]))
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(dict.fromkeys(inner({**schema, "type": one}) for one in kind))
    match kind:
        case "null":
            return "None"
        case "boolean" | "integer" | "string":
            plain = use(_STRICT[kind])
        case "number":  # an int stays one
            plain = f"{use('StrictFloat')} | {use('StrictInt')}"
        case "array":
            plain = f"list[{inner(schema.get('items', {}))}]"
        case "object":
            plain = f"dict[{use('StrictStr')}, {inner(schema.get('additionalProperties', {}))}]"
        case _:
            return use("Any")
    bounds = {word: schema[key] for key, word in _BOUNDS.items() if key in schema}
    if not bounds:
        return plain
    words = ", ".join(f"{word}={flat(literal(value))}" for word, value in bounds.items())
    return f"{use('Annotated')}[{plain}, {use('Field')}({words})]"


def _choice(options: list[Any], use: Callable[[str], str]) -> str:
    """A Literal; a float cannot be one."""
    if all(option is None or isinstance(option, bool | int | str) for option in options):
        return f"{use('Literal')}[{', '.join(flat(literal(option)) for option in options)}]"
    return use("Any")
