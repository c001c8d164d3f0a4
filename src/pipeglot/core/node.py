"""The classes of the language: frozen data classes with slots that take keywords only.

Only what authors' values get to is checked when it is made (`checked`), and that by pydantic only where a value is not plainly
right: a pipeline of a hundred thousand calls is made by our own code, and what comes as JSON is checked at the border.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any, TypeVar

from pipeglot.core import border
from pipeglot.core.compat import dataclass_transform
from pipeglot.core.dataclass import DataField, Options, completed, field, fields_of, own_fields

_set = object.__setattr__


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class NodeType(type):
    """Makes slots of a class's annotations.

    Attributes:
        __fields__: its fields by name, those of its bases first.
        __values__: what gives their values in a node, in that order.
    """

    __fields__: Mapping[str, DataField]
    __values__: Callable[[Any], tuple[Any, ...]]

    def __new__(mcs, name: str, bases: tuple[type, ...], space: dict[str, Any], *, checked: bool = False) -> NodeType:
        own = own_fields(space.get("__annotations__", {}), space)
        for key in own:
            space.pop(key, None)
        space["__slots__"] = tuple(own)
        if checked:
            space["__init__"] = _checked
        cls: NodeType = completed(
            super().__new__(mcs, name, bases, space), own, Options(frozen=True, eq=True, node=True)
        )
        cls.__fields__ = fields_of(cls)
        cls.__values__ = _getter(tuple(cls.__fields__))
        return cls


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda node: tuple(getattr(node, name) for name in names)


def _checked(self: Node, **given: Any) -> None:
    """The `__init__` of a class that authors' values get to."""
    cls = type(self)
    try:
        values: Iterable[Any] = _plain(cls, given)
    except border.Unsure:
        values = cls.__values__(border.read(cls, given))
    for name, value in zip(cls.__fields__, values, strict=True):
        _set(self, name, value)
    if whole := getattr(cls, "__post_init__", None):
        whole(self)


def _plain(cls: NodeType, given: dict[str, Any]) -> list[Any]:
    """The value of every field; raises Unsure where pydantic has to be asked."""
    if given.keys() - cls.__fields__.keys():
        raise border.Unsure
    values = []
    for name, said in cls.__fields__.items():
        value = given.get(name, said.default)
        if value is not said.default:
            value = border.readers(cls)[name](value)
        elif said.required:
            raise border.Unsure
        else:
            value = said.usual()
        values.append(value)
    return values


N = TypeVar("N", bound="Node")


class Node(metaclass=NodeType):
    """Base of all nodes: immutable, closed, equal when all fields are."""

    __pydantic_config__ = border.CONFIG

    def __reduce__(self) -> tuple[Any, ...]:
        return _of, (type(self), type(self).__values__(self))

    def __replace__(self: N, **changes: Any) -> N:
        """The same node with other values in some fields, which are not checked."""
        cls = type(self)
        if unknown := changes.keys() - cls.__fields__.keys():
            raise TypeError(f"{cls.__name__} has no {', '.join(sorted(unknown))}")
        return _of(cls, [changes[name] if name in changes else getattr(self, name) for name in cls.__fields__])


def _of(cls: type[N], values: Iterable[Any]) -> N:
    made = object.__new__(cls)
    for name, value in zip(cls.__fields__, values, strict=True):
        _set(made, name, value)
    return made
