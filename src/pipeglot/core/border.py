"""What may come into the language: the limits of fields, declared beside them, and pydantic, which holds to them.

Pydantic reads what comes as JSON, and writes the JSON Schema. What Python code hands to a node is first looked at without it
(`plain`): nearly always it is what the field says to the letter, and then pydantic is never imported.
"""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import isfinite
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    TypeAlias,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import SchemaValidator

T = TypeVar("T")
Reader: TypeAlias = Callable[[Any], Any]
"""Gives a value as pydantic would, or raises Unsure."""

CONFIG = {"extra": "forbid", "allow_inf_nan": False, "ser_json_inf_nan": "constants"}
"""What pydantic has to know of a class of the language."""


class Unsure(Exception):
    """A value is not what a field says to the letter; pydantic may still make that of it, or say what is wrong."""


class Limits:
    """What a field admits beyond its type, in `Annotated`: words of `pydantic.Field`."""

    def __init__(self, **words: Any) -> None:
        self.words = words

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic import Field

        return handler.generate_schema(Annotated[source, Field(**self.words)])

    def __call__(self, value: Any) -> Any:
        """The value, when it is within the limits; raises Unsure."""
        for word, limit in self.words.items():
            if not _HOLDS[word](value, limit):
                raise Unsure
        return value


_HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "ge": lambda value, limit: value >= limit,
    "le": lambda value, limit: value <= limit,
    "min_length": lambda value, limit: len(value) >= limit,
    "max_length": lambda value, limit: len(value) <= limit,
    "pattern": lambda value, limit: "\n" not in value and re.search(limit, value) is not None,
    "discriminator": lambda value, limit: True,
}


class After:
    """A check of a field beyond its type, in `Annotated`: a function that gives the value or raises ValueError."""

    def __init__(self, check: Callable[[Any], Any]) -> None:
        self.check = check

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic import AfterValidator

        return handler.generate_schema(Annotated[source, AfterValidator(self.check)])

    def __call__(self, value: Any) -> Any:
        """What the function gives; raises Unsure."""
        try:
            return self.check(value)
        except ValueError:
            raise Unsure from None


class JsonValue:
    """A JSON value, in `Annotated[Any, JsonValue()]`: pydantic's type of that name."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        import pydantic

        return handler.generate_schema(pydantic.JsonValue)

    def __call__(self, value: Any) -> Any:
        """The value, lists and dicts in it copied; raises Unsure."""
        return _json(value)


def _json(value: Any) -> Any:
    kind = type(value)
    if kind in (str, int, bool, types.NoneType):
        return value
    if kind is float and isfinite(value):
        return value
    if kind is list:
        return [_json(one) for one in value]
    if kind is dict and all(type(key) is str for key in value):
        return {key: _json(one) for key, one in value.items()}
    raise Unsure


# ---------------------------------------------------------------- without pydantic


@cache
def readers(cls: type) -> Mapping[str, Reader]:
    """What reads the value of each field of a class, by name."""
    return {name: _reader(hint) for name, hint in get_type_hints(cls, include_extras=True).items()}


def _reader(hint: Any) -> Reader:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        first, notes = _reader(inner[0]), inner[1:]
        if not all(isinstance(note, Limits | After | JsonValue) for note in notes):
            return _unsure
        return lambda value: _through(notes, first(value))
    if origin in (Union, types.UnionType):
        if float in inner or not all(isinstance(one, type) for one in inner):
            return _one_of([_reader(one) for one in inner])
        return lambda value: value if type(value) in inner else _unsure(value)
    if origin is Literal:
        return lambda value: value if type(value) is str and value in inner else _unsure(value)
    if origin is tuple and inner[1:] == (...,):
        each = _reader(inner[0])
        return lambda value: tuple(map(each, value)) if type(value) is tuple else _unsure(value)
    if origin is dict:
        key, held = map(_reader, inner)
        return lambda value: {key(k): held(v) for k, v in value.items()} if type(value) is dict else _unsure(value)
    if hint is Any:
        return lambda value: value
    if hint is float:
        return _float
    return lambda value: value if type(value) is hint else _unsure(value)


def _unsure(value: Any) -> Any:
    raise Unsure


def _through(notes: Sequence[Reader], value: Any) -> Any:
    for note in notes:
        value = note(value)
    return value


def _one_of(readers: Sequence[Reader]) -> Reader:
    def read(value: Any) -> Any:
        for reader in readers:
            try:
                return reader(value)
            except Unsure:
                continue
        raise Unsure

    return read


def _float(value: Any) -> Any:
    if type(value) is float and isfinite(value):
        return value
    if type(value) is int and abs(value) <= 2**53:
        return float(value)
    raise Unsure


# ---------------------------------------------------------------- with pydantic


@cache
def _validator(cls: type) -> SchemaValidator:
    from pydantic import TypeAdapter
    from pydantic_core import SchemaValidator

    # What the schema has beside its classes, a JSON value, goes by the configuration that is given here.
    return SchemaValidator(TypeAdapter(cls).core_schema, {"allow_inf_nan": False})


def read(cls: type[T], data: Any) -> T:
    """Python data as an instance of a class; raises pydantic's ValidationError (a ValueError)."""
    return _read(cls, data, "python")


def read_json(cls: type[T], text: str | bytes) -> T:
    """JSON text as an instance of a class; raises pydantic's ValidationError (a ValueError)."""
    return _read(cls, text, "json")


def _read(cls: type[T], given: Any, kind: Literal["python", "json"]) -> T:
    from pydantic import ValidationError

    validator = _validator(cast("type", cls))
    try:
        made: T = validator.validate_json(given) if kind == "json" else validator.validate_python(given)
    except ValidationError as error:
        raise _worded(error, kind) from None
    return made


_WORDS = {"unexpected_keyword_argument": "extra_forbidden", "dataclass_type": "model_type"}


def _worded(error: ValidationError, kind: Literal["python", "json"]) -> ValidationError:
    """The error in the words for objects of JSON: pydantic speaks to those who call a dataclass."""
    from pydantic import ValidationError
    from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

    known = get_args(core_schema.ErrorType)
    told: list[InitErrorDetails] = []
    for one in error.errors(include_url=False):
        name: Any = _WORDS.get(one["type"], one["type"])
        what = name if name in known else PydanticCustomError(name, "{said}", {"said": one["msg"]})
        told.append({"type": what, "loc": one["loc"], "input": one["input"], "ctx": one.get("ctx", {})})
    return ValidationError.from_exception_data(error.title, told, kind)


def wrong(error: BaseException) -> Sequence[Mapping[str, Any]]:
    """What pydantic finds wrong, where the error is its own: `loc`, `msg` and `input` of each."""
    core = sys.modules.get("pydantic_core")
    if core is None or not isinstance(error, core.ValidationError):
        return ()
    found: Sequence[Mapping[str, Any]] = error.errors(include_url=False, include_context=False)
    return found


def first(error: BaseException) -> str:
    """The first of it, with its place; empty where the error is none of pydantic's."""
    return next((f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong(error)), "")
