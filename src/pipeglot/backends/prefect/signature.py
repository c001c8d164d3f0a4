"""A flow's parameters: annotations by which Prefect refuses what the language refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeglot.codegen.pysource import WIDTH, Atom, Bracket, Doc, Entry, call, flat, literal, statement, width
from pipeglot.core.ir import Param, Schema

INDENT = 4
"""Where a parameter stands when the signature takes more than one line."""

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


def parameter(param: Param, default: Doc | None, use: Callable[[str], str]) -> Entry:
    """A parameter with its annotation and default; `use` imports a name and says what it is called in this file."""
    note = _annotation(param.type, param.type.get("$defs", {}), use, 0)
    if default is None:
        return Entry(f"{param.name}: ", note)
    line = f"{param.name}: {flat(note)} = "
    if INDENT + width(line + flat(default)) < WIDTH or not isinstance(note, Bracket):
        return Entry(line, default)
    # Where both do not fit on a line, ruff breaks the annotation.
    return Entry("", Atom(statement(f"{param.name}: ", note, f" = {flat(default)}", INDENT).lstrip()))


def _annotation(schema: Schema, definitions: Schema, use: Callable[[str], str], depth: int) -> Doc:
    if depth > 20:
        return Atom(use("Any"))

    def inner(part: Any) -> str:
        return flat(_annotation(part, definitions, use, depth + 1)) if isinstance(part, dict) else use("Any")

    if "$ref" in schema:
        return Atom(inner(definitions.get(str(schema["$ref"]).removeprefix("#/$defs/"), {})))
    if "enum" in schema or "const" in schema:
        return _choice(schema.get("enum", [schema.get("const")]), use)
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return Atom(" | ".join(dict.fromkeys(inner(part) for part in schema[word])))
    kind = schema.get("type")
    if isinstance(kind, list):
        return Atom(" | ".join(dict.fromkeys(inner({**schema, "type": one}) for one in kind)))
    match kind:
        case "null":
            return Atom("None")
        case "boolean" | "integer" | "string":
            plain = use(_STRICT[kind])
        case "number":  # an int stays one
            plain = f"{use('StrictFloat')} | {use('StrictInt')}"
        case "array":
            plain = f"list[{inner(schema.get('items', {}))}]"
        case "object":
            plain = f"dict[{use('StrictStr')}, {inner(schema.get('additionalProperties', {}))}]"
        case _:
            return Atom(use("Any"))
    bounds = {word: schema[key] for key, word in _BOUNDS.items() if key in schema}
    if not bounds:
        return Atom(plain)
    field = call(use("Field"), **bounds)
    return Bracket(f"{use('Annotated')}[", (Entry("", Atom(plain)), Entry("", field)), "]")


def _choice(options: list[Any], use: Callable[[str], str]) -> Doc:
    """A Literal; a float cannot be one."""
    if all(option is None or isinstance(option, bool | int | str) for option in options):
        return Bracket(f"{use('Literal')}[", tuple(Entry("", literal(option)) for option in options), "]")
    return Atom(use("Any"))
