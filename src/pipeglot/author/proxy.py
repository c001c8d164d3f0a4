"""What the author's function sees while it is traced: stand-ins for values that exist only at run time, and what they
become in the language when they are compared or passed on."""

from __future__ import annotations

import enum
import re
import types
from collections.abc import Iterator, Set
from datetime import datetime, timezone
from typing import Any, NoReturn

from pipeglot.author import caller, hints
from pipeglot.author.constants import constant, fields_of, is_set
from pipeglot.author.hints import Hint, bare
from pipeglot.author.trace import Block, Trace, current, fail
from pipeglot.core import ir
from pipeglot.core.dataclass import replace
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Const, Ctx, DictOf, ListOf, Out, Text, Value
from pipeglot.core.types import same, schema_of_json

_OPEN, _CLOSE, _CASE = "\U0010f7fe", "\U0010f7ff", "xX"
"""Around the number of a traced value in text that the author builds. A change of case spoils _CASE."""

_DIGITS = "".join(chr(0x10F7F0 + digit) for digit in range(10))

_TOKEN = re.compile(f"{_OPEN}{_CASE}([{_DIGITS}]+){_CLOSE}")
_SPOILT = re.compile(f"[{_OPEN}{_CLOSE}{_DIGITS}]")

_GROUPS = {"boolean": "bool", "integer": "number", "number": "number", "string": "text", "null": "None"}


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
        hint = bare(self._type)
        found = [hints.record(member) for member in hints.members(hint)]
        if not found or None in found:
            fail(
                "PG106",
                f".{key} on {self._name}, which exists only at run time",
                "do it inside a step; give fields to a step's result by a dataclass or TypedDict return type",
            )
        return self._field(key, [one for one in found if one is not None], attribute=True)

    def __getitem__(self, key: Any) -> Any:
        hint = bare(self._type)
        if isinstance(key, Traced):
            self._refuse(f"{self._name} taken at {key._name}", "select it inside a step")
        found = [hints.record(member) for member in hints.members(hint)]
        by_item = [one for one in found if one is not None and (one.by_item or isinstance(key, str))]
        if by_item and len(by_item) == len(found):
            return self._field(key, by_item, attribute=False)
        at = [hints.item(member, key) for member in hints.members(hint)]
        if None in at or not at:
            fail(
                "PG105", f"{self._name} ({hints.type_name(hint)}) cannot be taken at {key!r}", "select it inside a step"
            )
        steps = [one for one in at if one is not None]
        return self._at(steps[0][0], hints.union(inner for _, inner in steps), f"[{key!r}]")

    def _field(self, key: Any, records: list[hints.RecordType], *, attribute: bool) -> Traced:
        for record in records:
            if attribute == record.by_item:
                spelling = "[...]" if record.by_item else ".name"
                fail("PG105", f"{self._name} is a {record.name}", f"take its fields by {spelling}")
            if key not in record.fields:
                known = ", ".join(record.fields) or "none"
                fail("PG105", f"{self._name} ({record.name}) has no field {key!r}", f"its fields: {known}")
        found = [record.fields[key] for record in records]
        if len({step for step, _ in found}) > 1:
            self._refuse(f"the field {key!r} of {self._name} lies at different places", "select it inside a step")
        text = f".{key}" if attribute else f"[{key!r}]"
        return self._at(found[0][0], hints.union(inner for _, inner in found), text)

    def _at(self, step: str | int, hint: Hint, text: str) -> Traced:
        value = self._value
        if isinstance(value, Out | ir.Item | ir.ParamRef):
            return Traced(replace(value, path=(*value.path, step)), hint, self._block, self._name + text)
        self._refuse(f"a field of {self._name}", "select it inside a step")

    def __iter__(self) -> Iterator[Any]:
        hint = bare(self._type)
        record, args = hints.record(hint), hints.arguments(hint)
        if issubclass(hints.kind(hint), tuple) and record is not None:
            return iter([getattr(self, name) for name in record.fields])
        if issubclass(hints.kind(hint), tuple) and args and args[-1] is not Ellipsis:
            return iter([self[number] for number in range(len(args))])
        fail(
            "PG101",
            f"the items of {self._name} exist only at run time; Python cannot loop over them here",
            caller.HELP["For"],
        )

    # -- what has a meaning: conditions and text

    def __eq__(self, other: Any) -> Any:
        return _compare("==", self, other)

    def __ne__(self, other: Any) -> Any:
        return _compare("!=", self, other)

    def __lt__(self, other: Any) -> Any:
        return _compare("<", self, other)

    def __le__(self, other: Any) -> Any:
        return _compare("<=", self, other)

    def __gt__(self, other: Any) -> Any:
        return _compare(">", self, other)

    def __ge__(self, other: Any) -> Any:
        return _compare(">=", self, other)

    def __format__(self, spec: str) -> str:
        if spec:
            fail("PG103", f"the format {spec!r} of {self._name} cannot be carried", "format it inside a step")
        trace = current("a traced value")
        trace.tokens.append((self, trace.at()))
        number = str(len(trace.tokens) - 1)
        return _OPEN + _CASE + "".join(_DIGITS[int(digit)] for digit in number) + _CLOSE

    def __str__(self) -> str:
        return format(self)

    def __repr__(self) -> str:
        if caller.asked_by_author():
            fail(
                "PG103",
                f"the repr of {self._name} exists only at run time",
                "write {value} without !r, or print it in a step",
            )
        return f"<{self._name}, known at run time>"

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # isinstance() asks for it
        if caller.asked_by_author():
            fail(
                "PG101", f"the type of {self._name} is asked for while tracing", "let a step decide, and return a bool"
            )
        return Traced

    # -- what has none

    def __bool__(self) -> bool:
        frame = caller.author_frame()
        way_out = caller.truth_asked_by(frame) or caller.HELP["If"] + "; all_, any_, not_ for and, or, not"
        fail("PG101", f"{self._name} has its value only at run time; Python cannot decide on it here", way_out)

    def __contains__(self, _: Any) -> bool:
        fail("PG101", f"`in` on {self._name}, whose value exists only at run time", caller.HELP["In"])

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
    __rdivmod__ = __floor__ = __ceil__ = __aiter__ = __anext__ = __aenter__ = __aexit__ = _operation

    def __hash__(self) -> int:
        self._operation()
        raise AssertionError

    def __setattr__(self, key: str, value: Any) -> None:
        fail("PG104", f"{self._name} cannot be changed here", "return a new value from a step")

    def __setitem__(self, key: Any, value: Any) -> None:
        fail("PG104", f"{self._name} cannot be changed here", "return a new value from a step")

    def __delitem__(self, key: Any) -> None:
        fail("PG104", f"{self._name} cannot be changed here", "return a new value from a step")

    def __delattr__(self, key: str) -> None:
        fail("PG104", f"{self._name} cannot be changed here", "return a new value from a step")


# ---------------------------------------------------------------- what authors pass, as values of the language


def to_value(given: Any) -> Value:
    """What the author passes, as a value of the language; stops the trace when it cannot be one."""
    if isinstance(given, Traced):
        if not current("a traced value").block.sees(given._block):
            way_out = "take it out with collect(...) after `each`, or merge(...) after `when`"
            if given._value == Ctx(name="state"):
                way_out = "only the one call of finally_() is told how the run ends"
            fail("PG110", f"{given._name} exists only inside its block", way_out)
        return given._value
    if isinstance(given, str) and not isinstance(given, enum.Enum):
        return _text(given) if _SPOILT.search(given) else constant(str.__str__(given))
    if not _is_special(given):
        return constant(given)
    if isinstance(given, list | tuple):
        return ListOf(items=tuple(to_value(item) for item in given))
    fields = fields_of(given)
    if fields is not None:
        for key in fields:
            if not isinstance(key, str) or _SPOILT.search(key):
                fail(
                    "PG102",
                    f"a key of a dict is {'made of a traced value' if isinstance(key, str) else repr(key)}",
                    "keys must be constant text",
                )
        return DictOf(items=tuple((key, to_value(item)) for key, item in fields.items()))
    if isinstance(given, Set):
        fail("PG113", "a set has no order that is the same in every process", "pass a list, for example sorted(...)")
    name = getattr(given, "__name__", type(given).__name__)
    fail("PG111", f"{name} was not called", f"pass its result: {name}(...)")


def _is_special(given: Any) -> bool:
    """Whether it holds, at any depth, what is no constant: traced values, text made of them, steps, sets."""
    if isinstance(given, Traced):
        return True
    if isinstance(given, str):
        return _SPOILT.search(given) is not None
    if given is None or isinstance(given, bool | int | float | enum.Enum):
        return False
    if isinstance(given, list | tuple):
        return any(map(_is_special, given))
    if hints.is_model(type(given)):
        return any(map(is_set, given.__dict__.values()))
    fields = fields_of(given)
    if fields is not None:
        return any(_is_special(item) for pair in fields.items() for item in pair)
    return is_set(given) or (callable(given) and not isinstance(given, type))


def _text(given: str) -> Value:
    trace = current("text built of traced values")
    parts: list[Value] = []
    for number, piece in enumerate(_TOKEN.split(given)):
        if number % 2:
            token = int("".join(str(_DIGITS.index(digit)) for digit in piece))
            if token >= len(trace.tokens):
                _spoilt()
            parts.append(to_value(trace.tokens[token][0]))
            trace.used_tokens.add(token)
        elif _SPOILT.search(piece):
            _spoilt()
        elif piece:
            parts.append(Const(value=piece))
    return Text(parts=tuple(parts))


def _spoilt() -> None:
    fail("PG103", "a text built of traced values was changed", "pass an f-string as it is; change text inside a step")


def leftovers(trace: Trace) -> None:
    """Note as errors the texts that were made of traced values and reached no step whole."""
    for number, (traced, at) in enumerate(trace.tokens):
        if number not in trace.used_tokens:
            message = f"text made of {traced._name} reached no step, or not whole"
            help = "pass an f-string to a step as it is; change or print text inside a step"
            trace.errors.append(Diagnostic("PG103", "error", message, at, help))


def traced_in(given: Any) -> Iterator[Traced]:
    """The traced values in what the author passes, at any depth."""
    if isinstance(given, Traced):
        yield given
    elif isinstance(given, str):
        trace = Trace.current()
        for piece in _TOKEN.findall(given) if trace else ():
            token = int("".join(str(_DIGITS.index(digit)) for digit in piece))
            if trace is not None and token < len(trace.tokens):
                yield trace.tokens[token][0]
    elif isinstance(given, list | tuple):
        for item in given:
            yield from traced_in(item)
    else:
        for item in (fields_of(given) or {}).values():
            yield from traced_in(item)


def hint_of(given: Any) -> Hint:
    """The annotation that fits what the author passes."""
    if isinstance(given, Traced):
        return given._type
    if given is None:
        return types.NoneType
    if isinstance(given, str) and not isinstance(given, enum.Enum):
        return str
    if isinstance(given, list):
        kinds = {str(kind): kind for kind in map(hint_of, given)}
        inner: Any = next(iter(kinds.values())) if len(kinds) == 1 else Any
        return list[inner]
    return dict[str, Any] if isinstance(given, dict) else type(given)


# ---------------------------------------------------------------- comparisons


def _compare(op: ir.CompareOp, left: Traced, other: Any) -> Any:
    """The condition that a comparison with a traced value is; stops the trace when they are unlike."""
    other = _instant(left, other)
    comparable(op, left, other)
    return as_condition(ir.Compare(op=op, left=to_value(left), right=to_value(other)))


def as_condition(value: ir.Value) -> Any:
    """A traced value that is true or false."""
    trace = current("a condition")
    return Traced(value, bool, trace.block.scope, "the condition")


def _instant(left: Traced, other: Any) -> Any:
    """An instant as the logical date is written, so that the texts compare as the instants do."""
    if not isinstance(other, datetime):
        return other
    if left._value != Ctx(name="logical_date"):
        fail(
            "PG116", f"{left._name} and a datetime are texts when they cross: they do not compare", "compare in a step"
        )
    if other.tzinfo is None or other.microsecond:
        fail(
            "PG116",
            f"{other} is not an instant in whole seconds",
            "give it a time zone: datetime(..., tzinfo=timezone.utc)",
        )
    return other.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def comparable(op: ir.CompareOp, left: Traced, other: Any) -> None:
    """Stop the trace when the two cannot be compared."""
    own, others = _groups(left), _groups(other)
    if own is None or others is None:
        return
    shared = (own & others) - {"None", "no scalar"}
    if op not in ("==", "!="):
        shared -= {"bool"}
    if not shared:
        name = other._name if isinstance(other, Traced) else repr(other)
        message = f"{left._name} is {_said(own)}, {name} is {_said(others)}: {op} cannot compare them"
        fail(
            "PG116", message, "bool, int, float and text compare with their like; let a step decide, and return a bool"
        )
    choices = hints.choices(left._type)
    if choices and not isinstance(other, Traced) and op in ("==", "!="):
        plain = constant(other).value
        if not any(same(plain, choice) for choice in choices):
            message = f"{left._name} is never {plain!r}"
            fail("PG116", message, f"it is one of {', '.join(map(repr, choices))}")


def _groups(given: Any) -> frozenset[str] | None:
    if isinstance(given, Traced) or (isinstance(given, str) and Trace.current()):
        kinds = hints.json_kinds(hint_of(given))
    else:
        kinds = frozenset({schema_of_json(constant(given).value)["type"]})
    return None if kinds is None else frozenset(_GROUPS.get(kind, "no scalar") for kind in kinds)


def _said(groups: frozenset[str]) -> str:
    return " or ".join(sorted(groups))
