"""Annotations of authors: the fields they have, the JSON they admit, how they read in a message."""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pipeglot.author import plain
from pipeglot.core import types as schemas
from pipeglot.core.dataclass import dataclass
from pipeglot.core.ir import Json, Schema

if TYPE_CHECKING:
    from typing import TypeGuard

    from pydantic import BaseModel

Hint: TypeAlias = Any
"""A Python annotation."""
Mode: TypeAlias = Literal["validation", "serialization"]
"""Whether a schema is of what is read or of what is written."""


def of(annotated: Any) -> dict[str, Hint]:
    """The annotations of a function or a class by name, as every Python from 3.11 on reads them."""
    if sys.version_info >= (3, 11):
        return typing.get_type_hints(annotated, include_extras=True)
    from typing_extensions import get_type_hints

    return get_type_hints(annotated, include_extras=True)


def is_model(cls: Any) -> TypeGuard[type[BaseModel]]:
    """Whether it is a pydantic model: then its author has loaded pydantic."""
    pydantic = sys.modules.get("pydantic.main")
    return pydantic is not None and isinstance(cls, type) and issubclass(cls, pydantic.BaseModel)


def origin(hint: Hint) -> Any:
    """`typing.get_origin`, of no particular type."""
    return typing.get_origin(hint)


def kind(hint: Hint) -> type:
    """The class of an annotation without its arguments; `object` when it has none."""
    found: Any = origin(hint) or hint
    return found if isinstance(found, type) else object


def arguments(hint: Hint) -> tuple[Hint, ...]:
    """`typing.get_args`, of no particular type."""
    return typing.get_args(hint)


def bare(hint: Hint) -> Hint:
    """An annotation without Annotated, aliases and None; Any where it says nothing.

    >>> bare(typing.Optional[typing.Annotated[int, "years"]])
    <class 'int'>
    """
    if type(hint).__name__ == "TypeAliasType":
        return bare(hint.__value__)
    if isinstance(hint, typing.NewType):
        return bare(hint.__supertype__)
    if isinstance(hint, typing.TypeVar):
        return bare(hint.__bound__) if hint.__bound__ is not None else Any
    if origin(hint) is typing.Annotated:
        return bare(typing.get_args(hint)[0])
    inner = [arg for arg in members(hint) if arg is not types.NoneType]
    return bare(inner[0]) if len(inner) == 1 and inner[0] is not hint else Any if hint is object else hint


def members(hint: Hint) -> tuple[Hint, ...]:
    """The alternatives of a union; the annotation itself when it is none."""
    return typing.get_args(hint) if origin(hint) in (typing.Union, types.UnionType) else (hint,)


def union(hints: Iterable[Hint]) -> Hint:
    """The annotation that admits what one of the others does."""
    every = list({str(hint): hint for hint in hints}.values())
    if not every or Any in every:
        return Any
    return every[0] if len(every) == 1 else typing.Union[tuple(every)]  # noqa: UP007


def type_name(hint: Hint) -> str:
    """How an annotation reads in a message."""
    if typing.get_args(hint) or not isinstance(hint, type):
        return str(getattr(hint, "__name__", hint) if not typing.get_args(hint) else hint).replace("typing.", "")
    return "None" if hint is types.NoneType else hint.__name__


# ---------------------------------------------------------------- fields


@dataclass(frozen=True)
class RecordType:
    """The fields of an annotation: for each its key in JSON and its annotation. `by_item`: taken by `[...]`."""

    name: str
    by_item: bool
    fields: Mapping[str, tuple[str | int, Hint]]


def record(hint: Hint) -> RecordType | None:
    """What is known of a dataclass, TypedDict, NamedTuple or pydantic model; None for anything else."""
    try:
        return _record(hint)
    except TypeError:  # cannot be hashed
        return None


@lru_cache(maxsize=4096)
def _record(hint: Hint) -> RecordType | None:
    cls = origin(hint) or hint
    if not isinstance(cls, type):
        return None
    if is_model(cls):
        return RecordType(cls.__name__, False, _model_fields(cls))
    named_tuple = issubclass(cls, tuple) and hasattr(cls, "_fields")
    dataclass, typed_dict = hasattr(cls, "__dataclass_fields__"), plain.is_typed_dict(cls)
    if not (dataclass or typed_dict or named_tuple):
        return None
    known = dict(zip(getattr(cls, "__parameters__", ()), typing.get_args(hint), strict=False))
    hints = {name: known.get(inner, inner) for name, inner in of(cls).items()}
    if named_tuple:
        return RecordType(cls.__name__, False, {name: (n, hints[name]) for n, name in enumerate(cls._fields)})  # type: ignore[attr-defined]
    if dataclass:
        from dataclasses import fields

        hints = {field.name: hints[field.name] for field in fields(cls)}
    return RecordType(cls.__name__, typed_dict, {name: (name, inner) for name, inner in hints.items()})


def _model_fields(cls: type[BaseModel]) -> dict[str, tuple[str | int, Hint]]:
    found: dict[str, tuple[str | int, Hint]] = {}
    for name, field in cls.model_fields.items():
        found[name] = (field.serialization_alias or field.alias or name, field.annotation)
    for name, computed in cls.model_computed_fields.items():
        found[name] = (computed.alias or name, computed.return_type)
    return found


def item(hint: Hint, key: Any) -> tuple[str | int, Hint] | None:
    """The key in JSON and the annotation of what lies at `key` of a dict, list or tuple; None when nothing can.

    >>> item(list[int], 0), item(tuple[str, int], -1), item(dict[str, int], 0)
    ((0, <class 'int'>), (1, <class 'int'>), None)
    """
    kind, args = origin(hint) or hint, typing.get_args(hint)
    text, number = isinstance(key, str), isinstance(key, int) and not isinstance(key, bool)
    if hint is Any:
        return (key, Any) if text or (number and key >= 0) else None
    if not isinstance(kind, type) or issubclass(kind, str | bytes):
        return None
    if issubclass(kind, Mapping):
        if number and args and bare(args[0]) is int:
            return str(key), args[1]
        return (key, args[1] if args else Any) if text else None
    if issubclass(kind, tuple) and args and args[-1] is not Ellipsis:
        return (key % len(args), args[key]) if number and -len(args) <= key < len(args) else None
    if issubclass(kind, Sequence):
        return (key, args[0] if args else Any) if number and key >= 0 else None
    return None


def items(hint: Hint) -> Hint | None:
    """The annotation of a list's items; Any when it is not known, None when it is no list."""
    hint = bare(hint)
    kind, args = origin(hint) or hint, typing.get_args(hint)
    if hint is Any:
        return Any
    if len(members(hint)) > 1:
        inner = [items(member) for member in members(hint) if member is not types.NoneType]
        return None if None in inner else union(inner)
    if not isinstance(kind, type) or issubclass(kind, str | bytes | Mapping) or not issubclass(kind, Iterable):
        return None
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return union(of(kind).values())
    if issubclass(kind, tuple) and args and args[-1] is not Ellipsis:
        return union(args)
    return args[0] if (args and issubclass(kind, Sequence | Set)) or (kind is Iterable and args) else Any


# ---------------------------------------------------------------- JSON


def json_schema(hint: Hint, mode: Mode) -> Schema:
    """The JSON Schema of an annotation; raises what pydantic raises when it has none."""
    known = plain.json_schema(hint)
    if known is not None:
        return known
    from pydantic import TypeAdapter

    return TypeAdapter(hint).json_schema(mode=mode)


def result_schema(hint: Hint) -> Schema:
    """The JSON Schema of what an annotation writes; `{}` when it is not known."""
    try:
        return _result_schema(hint)
    except Exception:  # cannot be hashed, or pydantic knows nothing about it
        return {}


@lru_cache(maxsize=4096)
def _result_schema(hint: Hint) -> Schema:
    return json_schema(hint, "serialization")


def json_kinds(hint: Hint) -> frozenset[str] | None:
    """The kinds of JSON an annotation admits (`string`, `integer`, `number`, ...); None: any.

    >>> sorted(json_kinds(typing.Optional[int]))
    ['integer', 'null']
    """
    schema = result_schema(hint)
    kinds: set[str] = set()
    for option in schemas.options(schema) if schema else [{}]:
        values = option.get("enum", [option["const"]] if "const" in option else [])
        found = [option["type"]] if "type" in option else [schemas.schema_of_json(value)["type"] for value in values]
        if not found:
            return None
        kinds.update(found)
    return frozenset(kinds)


def choices(hint: Hint) -> list[Json] | None:
    """The values a Literal or an Enum admits; None for anything else."""
    found: list[Json] = []
    schema = result_schema(hint)
    for option in schemas.options(schema) if schema else [{}]:
        if "enum" not in option and "const" not in option:
            return None
        found += option.get("enum", [option["const"]] if "const" in option else [])
    return found


def mismatch(given: Hint, wanted: Hint) -> bool:
    """Whether a value of one annotation can never be taken where the other is asked for.

    >>> mismatch(int, str), mismatch(int, float), mismatch(list[int], list[str]), mismatch(Any, str)
    (True, False, True, False)
    """
    if given is Any or wanted is Any or given is wanted:
        return False
    have, need = json_kinds(given), json_kinds(wanted)
    if have is None or need is None:
        return False
    if not have & need and not ("integer" in have and "number" in need):
        return True
    if have & need <= {"array"}:
        inner, asked = items(given), items(wanted)
        return inner is not None and asked is not None and mismatch(inner, asked)
    return False
