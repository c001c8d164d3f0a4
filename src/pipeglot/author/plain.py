"""What pydantic says of annotations that are made of Python's own types and TypedDicts, without pydantic.

Its import takes longer than all else of compiling a pipeline of such annotations. What stands here is exactly what it says
(`tests/test_plain.py` holds both equal); everything else, and why a value is refused, is pydantic's to say.
"""

from __future__ import annotations

import datetime
import inspect
import math
import sys
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pipeglot.core.ir import Json, Schema

_NULL: Schema = {"type": "null"}
_SIMPLE: Mapping[Any, Schema] = {
    Any: {},
    None: _NULL,
    types.NoneType: _NULL,
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    list: {"items": {}, "type": "array"},
    tuple: {"items": {}, "type": "array"},
    typing.Tuple: {"items": {}, "type": "array"},  # noqa: UP006
    dict: {"additionalProperties": True, "type": "object"},
    datetime.date: {"format": "date", "type": "string"},
    datetime.datetime: {"format": "date-time", "type": "string"},
    datetime.time: {"format": "time", "type": "string"},
    datetime.timedelta: {"format": "duration", "type": "string"},
    Path: {"format": "path", "type": "string"},
}
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
_LITERALS = {bool: "boolean", int: "integer", str: "string"}


class _Other(Exception):
    """Not for this module."""


def json_schema(hint: Any) -> Schema | None:
    """The JSON Schema of an annotation, the same for what is read and what is written; None: ask pydantic.

    >>> json_schema(list[int] | None)
    {'anyOf': [{'items': {'type': 'integer'}, 'type': 'array'}, {'type': 'null'}]}
    """
    known: dict[str, tuple[type, Schema]] = {}
    hint = _unnoted(hint)
    try:
        found = _schema(hint, known)
    except _Other:
        return None
    if "$ref" in found:
        found = known.pop(hint.__name__)[1]
    defs = {name: schema for name, (_, schema) in sorted(known.items())}
    return {"$defs": defs, **found} if defs else found


def _unnoted(hint: Any) -> Any:
    """An annotation without the notes that say nothing to pydantic: pipeglot's own, and text."""
    if typing.get_origin(hint) is typing.Annotated:
        bare, *notes = typing.get_args(hint)
        if all(type(note) is str or type(note).__module__.startswith("pipeglot.") for note in notes):
            return bare
    return hint


def bounded(hint: Any, bounds: Mapping[str, Any]) -> Schema | None:
    """The schema of a number with bounds (`ge`, `gt`, `le`, `lt`); None: ask pydantic.

    >>> bounded(int, {"ge": 0})
    {'minimum': 0, 'type': 'integer'}
    """
    kinds: Any = (int,) if hint is int else (int, float) if hint is float else ()
    if not kinds or not all(type(bound) in kinds and math.isfinite(bound) for bound in bounds.values()):
        return None
    return _sorted({**_SIMPLE[hint], **{_BOUNDS[name]: bound for name, bound in bounds.items()}})


def _sorted(schema: Schema) -> Schema:
    return dict(sorted(schema.items()))


def _schema(hint: Any, known: dict[str, tuple[type, Schema]]) -> Schema:
    """The schema of an annotation; TypedDicts go to `known`, None while they are looked at."""
    try:
        if hint in _SIMPLE:
            return {**_SIMPLE[hint]}
    except TypeError:  # it cannot be hashed
        raise _Other from None
    if (bare := _unnoted(hint)) is not hint:
        return _schema(bare, known)
    kind, arguments = typing.get_origin(hint), typing.get_args(hint)
    if kind is Literal:
        return _literal(arguments)
    if kind in (typing.Union, types.UnionType):
        return _union(arguments, known)
    if kind is list:
        return {"items": _schema(arguments[0], known) if arguments else {}, "type": "array"}
    if kind is dict:
        if arguments and arguments[0] is not str:
            raise _Other
        return {"additionalProperties": (arguments and _schema(arguments[1], known)) or True, "type": "object"}
    if kind is tuple:
        return _tuple(arguments, known)
    if is_typed_dict(hint):
        return _typed_dict(hint, known)
    raise _Other


def _literal(values: tuple[Any, ...]) -> Schema:
    names = {_LITERALS.get(type(value)) for value in values}
    if None in names:
        raise _Other
    found: Schema = {"const": values[0]} if len(values) == 1 else {"enum": [*values]}
    return {**found, "type": names.pop()} if len(names) == 1 else found


def _union(members: tuple[Any, ...], known: dict[str, tuple[type, Schema]]) -> Schema:
    inner: list[Schema] = []
    for member in members:
        if member is not types.NoneType and (schema := _schema(member, known)) not in inner:
            inner.append(schema)
    if types.NoneType in members:
        return {"anyOf": [*inner, _NULL]}
    return inner[0] if len(inner) == 1 else {"anyOf": inner}


def _tuple(items: tuple[Any, ...], known: dict[str, tuple[type, Schema]]) -> Schema:
    if len(items) == 2 and items[1] is Ellipsis:
        return {"items": _schema(items[0], known), "type": "array"}
    if not items:
        raise _Other
    size = len(items)
    return {
        "maxItems": size,
        "minItems": size,
        "prefixItems": [_schema(each, known) for each in items],
        "type": "array",
    }


def is_typed_dict(hint: Any) -> bool:
    """Whether an annotation is a TypedDict, of `typing` or of `typing_extensions`."""
    return type(hint).__name__ == "_TypedDictMeta"


def _fields(cls: Any) -> dict[str, Any]:
    """The annotations of a TypedDict, as far as they are for this module."""
    old = type(cls).__module__ == "typing" and sys.version_info < (3, 12)  # pydantic refuses it, in its own words
    if old or "__pydantic_config__" in vars(cls) or vars(cls).get("__parameters__") or not cls.__name__.isascii():
        raise _Other
    try:
        return typing.get_type_hints(cls, include_extras=True)
    except Exception:
        raise _Other from None


def _typed_dict(cls: Any, known: dict[str, tuple[type, Schema]]) -> Schema:
    name = cls.__name__
    reference = {"$ref": f"#/$defs/{name}"}
    if name in known:
        if known[name][0] is not cls or known[name][1] is _NULL:  # two of a name, or one that holds itself
            raise _Other
        return reference
    known[name] = (cls, _NULL)
    properties: dict[str, Schema] = {}
    for field, hint in _fields(cls).items():
        if field in ("properties", "default"):  # whose schema pydantic leaves unsorted
            raise _Other
        schema = _schema(hint, known)
        inner = [each for each in schema.get("anyOf", [schema]) if each != _NULL]
        if not (len(inner) == 1 and "$ref" in inner[0]):
            schema = _sorted({**schema, "title": field.title().replace("_", " ").strip()})
        properties[field] = schema
    found: Schema = {"properties": properties}
    if required := [field for field in properties if field in cls.__required_keys__]:
        found["required"] = required
    found |= {"title": name, "type": "object"}
    known[name] = (cls, {"description": inspect.cleandoc(cls.__doc__), **found} if cls.__doc__ else found)
    return reference


def accepts(hint: Any, value: Json) -> bool:
    """Whether pydantic, in strict mode, takes a JSON value for an annotation; False also where only it can tell.

    >>> accepts(list[float], [1, 2.5]), accepts(int, True)
    (True, False)
    """
    hint = _unnoted(hint)
    if hint is Any:
        return True
    if hint in (None, types.NoneType):
        return value is None
    if hint in (bool, int, str):
        return type(value) is hint
    if hint is float:
        return type(value) in (int, float)
    kind, arguments = typing.get_origin(hint) or hint, typing.get_args(hint)
    if kind is Literal:
        return any(type(value) is type(each) and value == each for each in arguments)
    if kind in (typing.Union, types.UnionType):
        return any(accepts(member, value) for member in arguments)
    return _accepts_inside(hint, kind, arguments, value)


def _accepts_inside(hint: Any, kind: Any, arguments: tuple[Any, ...], value: Json) -> bool:
    """The same of annotations whose values hold others."""
    if kind is list or (kind is tuple and arguments[1:] == (Ellipsis,)):
        return isinstance(value, list) and (not arguments or all(accepts(arguments[0], each) for each in value))
    if kind is tuple and arguments:
        return isinstance(value, list) and len(value) == len(arguments) and all(map(accepts, arguments, value))
    if not isinstance(value, dict):
        return False
    if kind is dict:
        return not arguments or (arguments[0] is str and all(accepts(arguments[1], each) for each in value.values()))
    if not is_typed_dict(hint) or json_schema(hint) is None:
        return False
    fields = typing.get_type_hints(hint, include_extras=True)
    return hint.__required_keys__ <= value.keys() and all(
        accepts(fields[name], each) for name, each in value.items() if name in fields
    )


def copied(given: Any) -> Json:
    """A value of Python's own JSON types, as JSON has it.

    Raises:
        ValueError: it is, or holds, anything else; pydantic says what becomes of it.
    """
    kind = type(given)
    if given is None or kind in (bool, int):
        return given
    if kind is str:
        given.encode()  # half a character is a ValueError
        return given
    if kind is float and math.isfinite(given):
        return given
    if kind in (list, tuple):
        return [copied(each) for each in given]
    if kind is dict and all(type(key) is str for key in given):
        return {copied(key): copied(each) for key, each in given.items()}
    raise ValueError(f"a {kind.__name__} is none of JSON's own")
