"""What the author's function sees while it is traced: stand-ins for values that exist only at run time."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
import types
import typing
from collections.abc import Iterator
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, NoReturn, TypeAlias

from pydantic import BaseModel, TypeAdapter
from pydantic_core import PydanticSerializationError, to_jsonable_python
from typing_extensions import is_typeddict

from pipeglot.core import ir, where
from pipeglot.core.diagnostic import AuthoringError, Diagnostic
from pipeglot.core.ir import Const, DictOf, ListOf, Out, Text, Value

_OPEN, _CLOSE = "\ue000", "\ue001"
"""Around the number of a traced value in text the author builds (private use characters)."""

Hint: TypeAlias = Any
"""A Python annotation."""


def fail(code: str, message: str, help: str = "") -> NoReturn:
    """Stop the trace at the author's line."""
    frame, trace = where.author_frame(), Trace.current()
    folder = trace.folder if trace else ""
    raise AuthoringError([Diagnostic(code, "error", message, where.at(frame, folder), help)])


class Block:
    """A list of nodes being built. A group's block is transparent: its values belong to the block around it."""

    def __init__(self, up: Block | None, region: Any = None, *, transparent: bool = False) -> None:
        self.up, self.region, self.nodes = up, region, list[Any]()
        self.scope: Block = up.scope if transparent and up is not None else self

    def sees(self, other: Block) -> bool:
        """Whether what is made in `other` is in scope here."""
        here: Block | None = self.scope
        while here is not None:
            if here is other:
                return True
            here = here.up.scope if here.up is not None else None
        return False


_trace: ContextVar[Trace | None] = ContextVar("pipeglot_trace", default=None)


class Trace:
    """The state of one traced pipeline."""

    def __init__(self, name: str, filename: str, folder: str) -> None:
        self.name, self.filename, self.folder = name, filename, folder
        self.root = self.block = Block(None)
        self.ids: set[str] = set()
        self.tokens: list[tuple[Traced, ir.At]] = []
        self.used_tokens: set[int] = set()
        self.notes: list[Diagnostic] = []
        self.steps: dict[int, tuple[Any, str]] = {}
        self.step_names: set[str] = set()
        self.final: ir.Final | None = None

    @staticmethod
    def current() -> Trace | None:
        """The trace that is going on, if any."""
        return _trace.get()

    def __enter__(self) -> Trace:
        self._token = _trace.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        _trace.reset(self._token)

    def at(self) -> ir.At:
        """The author's line."""
        return where.at(where.author_frame(), self.folder)

    def claim(self, wanted: str | None, *names: str | None) -> str:
        """An id no other node has: `wanted` by the author's own word, else the first free name, else a numbered one."""
        if wanted is not None:
            if wanted in self.ids:
                fail("PG125", f"the id {wanted!r} is taken", "give each call and region an id of its own")
            self.ids.add(wanted)
            return wanted
        choices = [name for name in names if name]
        for name in choices:
            if name not in self.ids:
                self.ids.add(name)
                return name
        number = 2
        while f"{choices[0]}_{number}" in self.ids:
            number += 1
        self.ids.add(f"{choices[0]}_{number}")
        return f"{choices[0]}_{number}"

    def leftovers(self) -> list[Diagnostic]:
        """Texts that were made of traced values and reached no step whole."""
        return [
            Diagnostic(
                "PG103",
                "error",
                f"text made of {traced._name} reached no step, or not whole",
                at,
                "pass an f-string to a step as it is; change text inside a step",
            )
            for number, (traced, at) in enumerate(self.tokens)
            if number not in self.used_tokens
        ]


def current(what: str) -> Trace:
    """The trace going on; an error when there is none."""
    trace = Trace.current()
    if trace is None:
        fail("PG100", f"{what} works only inside a function decorated with @pipeline")
    return trace


class Traced:
    """A value that exists only at run time. What cannot be carried to an engine stops the trace, with the way out."""

    __slots__ = ("_block", "_name", "_type", "_value")
    _block: Block
    _name: str
    _type: Hint
    _value: Value

    def __init__(self, value: Value, type: Hint, block: Block, name: str) -> None:
        for slot, content in (("_value", value), ("_type", type), ("_block", block), ("_name", name)):
            object.__setattr__(self, slot, content)

    # -- fields

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        return self._field(key, attribute=True)

    def __getitem__(self, key: Any) -> Any:
        return self._field(key, attribute=False)

    def _field(self, key: Any, *, attribute: bool) -> Any:
        hint = bare(self._type)
        text = f".{key}" if attribute else f"[{key!r}]"
        fields = record_fields(hint)
        if isinstance(key, Traced):
            self._refuse(f"{self._name} taken at {key._name}", "select it inside a step")
        if fields is not None:
            by_item = is_typeddict(hint)
            if attribute == by_item:
                spelling = "[...]" if by_item else ".name"
                fail("PG105", f"{self._name} is a {hint.__name__}", f"take its fields by {spelling}")
            if key not in fields:
                known = ", ".join(fields)
                fail("PG105", f"{self._name} ({hint.__name__}) has no field {key!r}", f"its fields: {known}")
            names = list(fields)
            step: str | int = names.index(key) if issubclass_(hint, tuple) else key
            return self._at(step, fields[key], text)
        if attribute:
            fail(
                "PG106",
                f"{text} on {self._name}, which exists only at run time",
                "do it inside a step; give fields to a step's result by a dataclass or TypedDict return type",
            )
        args = typing.get_args(hint)
        if hint is Any or hint is dict or hint is list or hint is tuple:
            return self._at(key, Any, text)
        if origin(hint) is dict and isinstance(key, str):
            return self._at(key, args[1], text)
        if origin(hint) is list and isinstance(key, int) and key >= 0:
            return self._at(key, args[0], text)
        if origin(hint) is tuple and isinstance(key, int) and key >= 0:
            kinds = args[:1] * (key + 1) if args[-1] is Ellipsis else args
            if key < len(kinds):
                return self._at(key, kinds[key], text)
        fail("PG105", f"{self._name} ({type_name(hint)}) cannot be taken at {key!r}", "select it inside a step")

    def _at(self, key: str | int, hint: Hint, text: str) -> Traced:
        value = self._value
        if isinstance(value, Out | ir.Item | ir.ParamRef):
            return Traced(value.model_copy(update={"path": (*value.path, key)}), hint, self._block, self._name + text)
        self._refuse(f"a field of {self._name}", "select it inside a step")

    def __iter__(self) -> Iterator[Any]:
        hint = bare(self._type)
        args = typing.get_args(hint)
        if origin(hint) is tuple and Ellipsis not in args:
            return iter([self[number] for number in range(len(args))])
        if issubclass_(hint, tuple) and hasattr(hint, "_fields"):
            return iter([getattr(self, name) for name in hint._fields])
        fail(
            "PG101",
            f"the items of {self._name} exist only at run time; Python cannot loop over them here",
            where.HELP["For"],
        )

    # -- what has a meaning: conditions and text

    def _compare(self, op: ir.CompareOp, other: Any) -> Any:
        left, right = to_value(self), to_value(other)
        return condition(ir.Compare(op=op, left=left, right=right))

    def __eq__(self, other: Any) -> Any:
        return self._compare("==", other)

    def __ne__(self, other: Any) -> Any:
        return self._compare("!=", other)

    def __lt__(self, other: Any) -> Any:
        return self._compare("<", other)

    def __le__(self, other: Any) -> Any:
        return self._compare("<=", other)

    def __gt__(self, other: Any) -> Any:
        return self._compare(">", other)

    def __ge__(self, other: Any) -> Any:
        return self._compare(">=", other)

    def __format__(self, spec: str) -> str:
        if spec:
            fail("PG103", f"the format {spec!r} of {self._name} cannot be carried", "format it inside a step")
        trace = current("a traced value")
        trace.tokens.append((self, trace.at()))
        return f"{_OPEN}{len(trace.tokens) - 1}{_CLOSE}"

    def __str__(self) -> str:
        return format(self)

    def __repr__(self) -> str:
        return f"<{self._name}, known at run time>"

    # -- what has none

    def __bool__(self) -> bool:
        frame = where.author_frame()
        way_out = where.truth_asked_by(frame) or where.HELP["If"] + "; all_, any_, not_ for and, or, not"
        fail("PG101", f"{self._name} has its value only at run time; Python cannot decide on it here", way_out)

    def __contains__(self, _: Any) -> bool:
        fail("PG101", f"`in` on {self._name}, whose value exists only at run time", where.HELP["In"])

    def _refuse(self, what: str, way_out: str) -> NoReturn:
        fail("PG102", f"{what}: it has its value only at run time", way_out)

    def _operation(self, *_: Any, **__: Any) -> Any:
        self._refuse(
            f"an operation on {self._name}", "do it inside a step; text can be built by an f-string, keys are constants"
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _operation
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __matmul__ = __rmatmul__ = _operation
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __lshift__ = __rshift__ = _operation
    __neg__ = __pos__ = __abs__ = __invert__ = __round__ = __int__ = __float__ = __complex__ = __index__ = _operation
    __len__ = __call__ = __array__ = __reversed__ = __enter__ = __exit__ = __await__ = __bytes__ = _operation
    __copy__ = __deepcopy__ = __reduce_ex__ = __fspath__ = __next__ = __trunc__ = __divmod__ = _operation

    def __hash__(self) -> int:
        self._operation()
        raise AssertionError

    def __setattr__(self, key: str, value: Any) -> None:
        fail("PG104", f"{self._name} cannot be changed here", "return a new value from a step")

    def __setitem__(self, key: Any, value: Any) -> None:
        fail("PG104", f"{self._name} cannot be changed here", "return a new value from a step")

    def __delattr__(self, key: str) -> None:
        fail("PG104", f"{self._name} cannot be changed here", "return a new value from a step")


def condition(value: Value) -> Traced:
    """A condition as a traced bool of the current block."""
    trace = current("a condition")
    return Traced(value, bool, trace.block.scope, "the condition")


# ---------------------------------------------------------------- the author's objects as values


def to_value(given: Any) -> Value:
    """What the author passes, as a value of the language; stops the trace when it cannot be one."""
    if isinstance(given, Traced):
        trace = current("a traced value")
        if not trace.block.sees(given._block):
            fail(
                "PG110",
                f"{given._name} exists only inside its block",
                "take it out with collect(...) after `each`, or merge(...) after `when`",
            )
        return given._value
    if isinstance(given, str):
        return _text(given) if _OPEN in given or _CLOSE in given else Const(value=str.__str__(given))
    if isinstance(given, list | tuple) and _has_traced(given):
        return ListOf(items=tuple(to_value(item) for item in given))
    if isinstance(given, dict) and _has_traced(given):
        for key in given:
            if not isinstance(key, str) or _OPEN in key:
                fail("PG102", f"the key {key!r} of a dict", "keys must be constant text")
        return DictOf(items=tuple((key, to_value(item)) for key, item in given.items()))
    if callable(given) and not isinstance(given, type | enum.Enum) and not isinstance(given, BaseModel):
        name = getattr(given, "__name__", type(given).__name__)
        fail("PG111", f"{name} was not called", f"pass its result: {name}(...)")
    return constant(given)


def constant(given: Any) -> Const:
    """A JSON constant; stops the trace when there is none for it."""
    try:
        plain = to_jsonable_python(given, inf_nan_mode="constants")
        json.dumps(plain, allow_nan=False)
    except (PydanticSerializationError, ValueError, TypeError) as error:
        fail("PG113", f"a {type(given).__name__} cannot be passed as a constant: {error}", "make it inside a step")
    if any(isinstance(number, int) and abs(number) > 2**53 for number in _numbers(plain)):
        fail("PG113", "an int beyond 2**53 does not survive every JSON reader", "pass it as text")
    return Const(value=plain)


def _numbers(plain: Any) -> Iterator[Any]:
    if isinstance(plain, dict):
        for item in plain.values():
            yield from _numbers(item)
    elif isinstance(plain, list):
        for item in plain:
            yield from _numbers(item)
    elif isinstance(plain, int | float) and not isinstance(plain, bool):
        yield plain if not (isinstance(plain, float) and math.isinf(plain)) else 0


def _has_traced(given: Any) -> bool:
    if isinstance(given, Traced):
        return True
    if isinstance(given, str):
        return _OPEN in given or _CLOSE in given
    if isinstance(given, list | tuple):
        return any(_has_traced(item) for item in given)
    if isinstance(given, dict):
        return any(_has_traced(item) for pair in given.items() for item in pair)
    return callable(given) and not isinstance(given, type | enum.Enum)


def _text(given: str) -> Value:
    trace = current("text built of traced values")
    parts: list[Value] = []
    for number, piece in enumerate(given.split(_OPEN)):
        token, closed, rest = piece.partition(_CLOSE) if number else ("", _CLOSE, piece)
        if number:
            if not closed or not token.isdigit() or int(token) >= len(trace.tokens):
                fail("PG103", "a text built of traced values was changed", "change text inside a step")
            parts.append(to_value(trace.tokens[int(token)][0]))
            trace.used_tokens.add(int(token))
        if _CLOSE in rest:
            fail("PG103", "a text built of traced values was changed", "change text inside a step")
        if rest:
            parts.append(Const(value=rest))
    return Text(parts=tuple(parts))


def hint_of(given: Any) -> Hint:
    """The annotation that fits what the author passes."""
    if isinstance(given, Traced):
        return given._type
    if given is None:
        return types.NoneType
    if isinstance(given, list):
        kinds = {id(kind): kind for kind in map(hint_of, given)}
        inner = next(iter(kinds.values())) if len(kinds) == 1 else Any
        return list[inner]  # type: ignore[valid-type]
    return dict if isinstance(given, dict) else type(given)


# ---------------------------------------------------------------- annotations


def origin(hint: Hint) -> Any:
    """`typing.get_origin`, of no particular type."""
    return typing.get_origin(hint)


def bare(hint: Hint) -> Hint:
    """An annotation without Annotated and without None."""
    if origin(hint) is typing.Annotated:
        return bare(typing.get_args(hint)[0])
    if origin(hint) in (typing.Union, types.UnionType):
        inner = [arg for arg in typing.get_args(hint) if arg is not types.NoneType]
        return bare(inner[0]) if len(inner) == 1 else hint
    return Any if hint is object else hint


def issubclass_(hint: Hint, kind: type) -> bool:
    """`issubclass` for annotations that may be no classes."""
    return isinstance(hint, type) and origin(hint) is None and issubclass(hint, kind)


def record_fields(hint: Hint) -> dict[str, Hint] | None:
    """The fields of a dataclass, TypedDict, NamedTuple or pydantic model; None for anything else."""
    named_tuple = issubclass_(hint, tuple) and hasattr(hint, "_fields")
    if dataclasses.is_dataclass(hint) or is_typeddict(hint) or named_tuple or issubclass_(hint, BaseModel):
        return typing.get_type_hints(hint)
    return None


def type_name(hint: Hint) -> str:
    """How an annotation reads in a message."""
    return getattr(hint, "__name__", None) or str(hint).replace("typing.", "")


def json_kinds(hint: Hint) -> frozenset[str] | None:
    """The kinds of JSON an annotation admits (`text`, `int`, `float`, `bool`, `list`, `dict`, `null`); None: any."""
    try:
        return _json_kinds(hint)
    except Exception:  # an annotation that cannot be hashed, or that pydantic knows nothing about
        return None


@lru_cache(maxsize=4096)
def _json_kinds(hint: Hint) -> frozenset[str] | None:
    schema = TypeAdapter(hint).json_schema(mode="serialization")
    return _kinds(schema, schema.get("$defs", {}))


_WORDS = {
    "string": "text",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "array": "list",
    "object": "dict",
    "null": "null",
}


def _kinds(schema: dict[str, Any], defs: dict[str, Any]) -> frozenset[str] | None:
    if "$ref" in schema:
        return _kinds(defs.get(schema["$ref"].rpartition("/")[2], {}), defs)
    if "anyOf" in schema:
        parts = [_kinds(part, defs) for part in schema["anyOf"]]
        return None if any(part is None for part in parts) else frozenset().union(*filter(None, parts))
    kind = schema.get("type")
    return frozenset({_WORDS[kind]}) if isinstance(kind, str) and kind in _WORDS else None


def mismatch(given: Hint, wanted: Hint) -> bool:
    """Whether a value of one annotation can never be taken where the other is asked for."""
    if Any in (given, wanted) or given is wanted:
        return False
    have, need = json_kinds(given), json_kinds(wanted)
    if have is None or need is None or have & need:
        inner = [typing.get_args(bare(side)) for side in (given, wanted)]
        both_lists = all(origin(bare(side)) is list for side in (given, wanted))
        return both_lists and mismatch(inner[0][0], inner[1][0])
    return not ("int" in have and "float" in need)
