"""What authors pass to steps, as values of the language."""

from __future__ import annotations

import dataclasses
import enum
import json
import re
import types
from collections.abc import Iterator, Mapping, Set
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, to_jsonable_python

from pipeglot.author.hints import Hint
from pipeglot.author.proxy import CASE, CLOSE, DIGITS, OPEN, Traced
from pipeglot.author.trace import Trace, current, fail
from pipeglot.core.ir import Const, Ctx, DictOf, ListOf, Text, Value

_TOKEN = re.compile(f"{OPEN}{CASE}([{DIGITS}]+){CLOSE}")
_SPOILT = re.compile(f"[{OPEN}{CLOSE}{DIGITS}]")


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
    fields = _fields(given)
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


def constant(given: Any) -> Const:
    """A JSON constant; stops the trace when there is none for it."""
    if type(given) is str and given.isascii():
        return Const(value=given)
    try:
        plain = to_jsonable_python(given, inf_nan_mode="constants")
        json.dumps(plain, allow_nan=False, ensure_ascii=False).encode()
    except (PydanticSerializationError, ValueError, TypeError) as error:
        fail("PG113", f"a {type(given).__name__} cannot be passed as a constant: {error}", "make it inside a step")
    if any(abs(number) > 2**53 for number in _ints(plain)):
        fail("PG113", "an int beyond 2**53 does not survive every JSON reader", "pass it as text")
    return Const(value=plain)


def _ints(plain: Any) -> Iterator[int]:
    todo = [plain]
    while todo:
        at = todo.pop()
        if isinstance(at, dict):
            todo += at.values()
        elif isinstance(at, list):
            todo += at
        elif isinstance(at, int):
            yield at


def _fields(given: Any) -> Mapping[Any, Any] | None:
    if isinstance(given, dict):
        return given
    if dataclasses.is_dataclass(given) and not isinstance(given, type):
        return {field.name: getattr(given, field.name) for field in dataclasses.fields(given)}
    return None


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
    if isinstance(given, BaseModel):
        return any(map(_is_set, given.__dict__.values()))
    fields = _fields(given)
    if fields is not None:
        return any(_is_special(item) for pair in fields.items() for item in pair)
    return _is_set(given) or (callable(given) and not isinstance(given, type))


def _is_set(given: Any) -> bool:
    return isinstance(given, Set) and not isinstance(given, type({}.keys()))


def _text(given: str) -> Value:
    trace = current("text built of traced values")
    parts: list[Value] = []
    for number, piece in enumerate(_TOKEN.split(given)):
        if number % 2:
            token = int("".join(str(DIGITS.index(digit)) for digit in piece))
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
    from pipeglot.core.diagnostic import Diagnostic

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
            token = int("".join(str(DIGITS.index(digit)) for digit in piece))
            if trace is not None and token < len(trace.tokens):
                yield trace.tokens[token][0]
    elif isinstance(given, list | tuple):
        for item in given:
            yield from traced_in(item)
    else:
        for item in (_fields(given) or {}).values():
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
