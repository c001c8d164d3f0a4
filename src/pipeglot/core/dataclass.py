"""Data classes as `dataclasses` has them, each made when it is first used.

The standard library's decorator writes and compiles six methods of a class the moment it is defined, which costs as much as
importing a module of a hundred lines; a cold compile defines a hundred classes and makes instances of thirty. Here a class costs
nothing until there is an instance, and then one compiled `__init__`. To type checkers it is the standard library's decorator,
and `dataclasses.fields`, `replace` and `is_dataclass` take these classes too. Not here: `order`, and a docstring made of the
signature; slots and keywords only are for the nodes of the language (`core/node.py`).
"""

from __future__ import annotations

from operator import attrgetter

TYPE_CHECKING = False  # as type checkers know it, without the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from dataclasses import Field as StandardField
    from typing import Any

_GIVEN = "__dataclass_given__"
_OPTIONS = "__dataclass_options__"
_OWN = "__dataclass_own__"


class _Anew:
    """What a parameter has whose value is made anew each time."""

    def __repr__(self) -> str:
        return "<factory>"


ABSENT: Any = _Anew()


class DataField:
    """What is said of one field."""

    __slots__ = ("compare", "default", "default_factory", "init", "name", "repr", "type")

    def __init__(self, default: Any, default_factory: Any, init: bool, repr: bool, compare: bool) -> None:
        self.default, self.default_factory = default, default_factory
        self.init, self.repr, self.compare = init, repr, compare
        self.name, self.type = "", ABSENT

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is ABSENT and self.default_factory is ABSENT

    def usual(self) -> Any:
        """Its default."""
        return self.default if self.default_factory is ABSENT else self.default_factory()


def _field(
    *,
    default: Any = ABSENT,
    default_factory: Any = ABSENT,
    init: bool = True,
    repr: bool = True,
    compare: bool = True,
) -> DataField:
    return DataField(default, default_factory, init, repr, compare)


class Options:
    """What is said of a class."""

    __slots__ = ("eq", "frozen", "node")

    def __init__(self, frozen: bool, eq: bool, node: bool = False) -> None:
        self.frozen, self.eq = frozen, eq
        self.node = node  # it has slots and takes keywords only


def _dataclass(cls: type | None = None, /, *, frozen: bool = False, eq: bool = True) -> Any:
    if cls is None:
        return lambda cls: _described(cls, Options(frozen, eq))
    return _described(cls, Options(frozen, eq))


def _described(cls: Any, options: Options) -> Any:
    own = own_fields(cls.__annotations__, cls.__dict__)
    for name, field in own.items():
        if cls.__dict__.get(name, ABSENT) is not field:
            continue
        if field.default is ABSENT:
            delattr(cls, name)
        else:
            setattr(cls, name, field.default)
    return completed(cls, own, options)


def own_fields(annotations: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, DataField]:
    """What the annotations of a class, and what it says beside them, make of fields."""
    own: dict[str, DataField] = {}
    for name, kind in annotations.items():
        if not str(kind).startswith(("ClassVar", "typing.ClassVar")):
            given = said.get(name, ABSENT)
            own[name] = field = given if isinstance(given, DataField) else _field(default=given)
            field.name, field.type = name, kind
    return own


def completed(cls: Any, own: dict[str, DataField], options: Options) -> Any:
    """The class with the methods that it does not have itself."""
    setattr(cls, _OWN, own)
    setattr(cls, _OPTIONS, options)
    names = tuple(name for name, field in fields_of(cls).items() if field.init and not options.node)
    setattr(cls, "__match_args__", names)  # noqa: B010
    cls.__dataclass_fields__ = _Late(cls, "__dataclass_fields__", _standard_fields)
    cls.__dataclass_params__ = _Late(cls, "__dataclass_params__", _standard_params)
    methods: dict[str, Any] = {"__init__": _Late(cls, "__init__", _init), "__repr__": _repr}
    if options.eq:
        methods["__eq__"] = _Late(cls, "__eq__", _eq)
        if "__eq__" in cls.__dict__ and cls.__dict__.get("__hash__") is None:
            del cls.__hash__  # Python itself put it there
        methods["__hash__"] = _Late(cls, "__hash__", _hash) if options.frozen else None
    if options.frozen:
        methods |= {"__setattr__": _setattr, "__delattr__": _delattr}
    for name, method in methods.items():
        if name not in cls.__dict__:  # what a class defines itself stays
            setattr(cls, name, method)
    return cls


def fields_of(cls: type) -> dict[str, DataField]:
    """All fields of a class, its bases' first."""
    found: dict[str, DataField] = {}
    for base in reversed(cls.__mro__):
        found.update(base.__dict__.get(_OWN, ()))
    return found


class _Late:
    """A class's attribute that is made when somebody asks for it, and then stands in its place."""

    __slots__ = ("cls", "make", "name")

    def __init__(self, cls: type, name: str, make: Callable[[type], Any]) -> None:
        self.cls, self.name, self.make = cls, name, make

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        made = self.make(self.cls)
        setattr(self.cls, self.name, made)
        return made.__get__(instance, owner) if hasattr(made, "__get__") else made


def _init(cls: type) -> Any:
    options: Options = getattr(cls, _OPTIONS)
    names: dict[str, Any] = {"_set": object.__setattr__, "_absent": ABSENT}
    parameters, lines = ["self", "*"] if options.node else ["self"], []
    for name, field in fields_of(cls).items():
        value = name
        if field.default_factory is not ABSENT:
            names[f"_make_{name}"] = field.default_factory
            value = f"_make_{name}() if {name} is _absent else {name}" if field.init else f"_make_{name}()"
            default = "=_absent"
        elif field.default is not ABSENT:
            names[f"_default_{name}"] = field.default
            default = f"=_default_{name}"
            if not field.init:  # the class has it
                continue
        else:
            default = ""
        if field.init:
            parameters.append(name + default)
        if options.node:
            names[f"_set_{name}"] = getattr(cls, name).__set__
            lines.append(f"    _set_{name}(self, {value})")
        else:
            lines.append(f"    _set(self, {name!r}, {value})" if options.frozen else f"    self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append("    self.__post_init__()")
    exec(f"def __init__({', '.join(parameters)}):\n" + ("\n".join(lines) or "    pass"), names)
    made = names["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    made.__annotations__ = {name: field.type for name, field in fields_of(cls).items() if field.init} | {"return": None}
    return made


def _compared(cls: type) -> Callable[[Any], Any]:
    """What gives the values of an instance that its equality and its hash are about."""
    compared = [name for name, field in fields_of(cls).items() if field.compare]
    if len(compared) > 1:
        return attrgetter(*compared)
    return lambda instance: tuple(getattr(instance, name) for name in compared)


def _eq(cls: type) -> Any:
    values = _compared(cls)

    def __eq__(self: Any, other: Any) -> Any:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    return __eq__


def _hash(cls: type) -> Any:
    values = _compared(cls)

    def __hash__(self: Any) -> int:
        return hash(values(self))

    return __hash__


def _repr(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name, field in fields_of(type(self)).items() if field.repr)
    return f"{type(self).__qualname__}({shown})"


def _setattr(self: Any, name: str, value: Any) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(self: Any, name: str) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _replace(instance: Any, /, **changes: Any) -> Any:
    if hasattr(instance, "__replace__"):
        return instance.__replace__(**changes)
    if not hasattr(instance, _OPTIONS):
        raise TypeError(f"{type(instance).__name__} is no data class of pipeglot's")
    for name in _given(type(instance)):
        if name not in changes:
            changes[name] = getattr(instance, name)
    return type(instance)(**changes)


def _given(cls: type) -> tuple[str, ...]:
    """The fields that a class is made from."""
    found: tuple[str, ...] | None = cls.__dict__.get(_GIVEN)
    if found is None:
        found = tuple(name for name, field in fields_of(cls).items() if field.init)
        setattr(cls, _GIVEN, found)
    return found


def _standard(cls: type) -> type:
    """The standard library's class of the same fields, whose descriptions its functions read."""
    import dataclasses

    def said(field: DataField) -> StandardField[Any]:
        known = {"default": field.default, "default_factory": field.default_factory}
        given = {name: value for name, value in known.items() if value is not ABSENT}
        return dataclasses.field(init=field.init, repr=field.repr, compare=field.compare, **given)  # type: ignore[no-any-return]

    options: Options = getattr(cls, _OPTIONS)
    fields = [(name, field.type, said(field)) for name, field in fields_of(cls).items()]
    return dataclasses.make_dataclass(cls.__name__, fields, frozen=options.frozen, eq=options.eq, kw_only=options.node)


def _standard_fields(cls: type) -> Any:
    return _standard(cls).__dataclass_fields__  # type: ignore[attr-defined]


def _standard_params(cls: type) -> Any:
    return _standard(cls).__dataclass_params__  # type: ignore[attr-defined]


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import replace as replace
else:
    dataclass, field, replace = _dataclass, _field, _replace
