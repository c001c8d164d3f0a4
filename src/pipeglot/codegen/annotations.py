"""What pydantic checks of a parameter, out of its JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pipeglot.codegen.pysource import Bracket, Entry, literal
from pipeglot.core.ir import Schema

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


def bounds(schema: Schema) -> dict[str, Any]:
    """The bounds of a type as arguments of `pydantic.Field`.

    >>> bounds({"type": "integer", "minimum": 1})
    {'ge': 1}
    """
    return {word: schema[key] for key, word in _BOUNDS.items() if key in schema}


def choice(options: Iterable[Any], use: Callable[[str], str]) -> Bracket:
    """A `Literal`; `use` imports a name and says what it is called in this file."""
    return Bracket(f"{use('Literal')}[", tuple(Entry("", literal(option)) for option in options), "]")
