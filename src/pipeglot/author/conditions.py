"""Conditions as authors write them: comparisons of traced values, and what stands for `and`, `or`, `not`, `in`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any, TypeVar

from pipeglot.author import hints
from pipeglot.author.arguments import constant, hint_of, to_value
from pipeglot.author.hints import type_name
from pipeglot.author.proxy import Traced
from pipeglot.author.trace import Trace, current, fail
from pipeglot.core import ir
from pipeglot.core.types import same, schema_of_json

T = TypeVar("T")

_GROUPS = {"boolean": "bool", "integer": "number", "number": "number", "string": "text", "null": "None"}


def all_(*conditions: bool) -> bool:
    """True when every condition holds: what `and` would say. Of plain bools it is Python's own `all`.

    >>> all_(True, 1 < 2)
    True
    """
    if not any(isinstance(one, Traced) for one in conditions):
        return all(conditions)
    made: bool = _made(ir.All(operands=_operands("all_()", conditions)))
    return made


def any_(*conditions: bool) -> bool:
    """True when one of the conditions holds: what `or` would say. Of plain bools it is Python's own `any`.

    >>> any_(False, 1 < 2)
    True
    """
    if not any(isinstance(one, Traced) for one in conditions):
        return any(conditions)
    made: bool = _made(ir.Any_(operands=_operands("any_()", conditions)))
    return made


def not_(condition: bool) -> bool:
    """The opposite of a condition.

    >>> not_(False)
    True
    """
    given: Any = condition
    if not isinstance(given, Traced):
        return not given
    made: bool = _made(ir.Not(operand=need_condition(given, "not_()")))
    return made


def is_in(value: T, options: Iterable[T]) -> bool:
    """Whether a value is one of constant options: what `in` would say.

    >>> is_in("b", ["a", "b"])
    True
    """
    choices = [*options] if not isinstance(options, Traced) else None
    if choices is None or any(isinstance(one, Traced) for one in choices):
        fail("PG116", "is_in() takes constant options", "compare with each by any_(x == a, x == b)")
    if not isinstance(value, Traced):
        return value in choices
    for one in choices:
        _comparable("==", value, one)
    plain: Any = constant(choices).value
    made: bool = _made(ir.IsIn(value=to_value(value), options=plain))
    return made


def compare(op: ir.CompareOp, left: Traced, other: Any) -> Any:
    """The condition that a comparison with a traced value is; stops the trace when they are unlike."""
    other = _instant(left, other)
    _comparable(op, left, other)
    return _made(ir.Compare(op=op, left=to_value(left), right=to_value(other)))


def need_condition(given: Any, where: str) -> ir.Value:
    """A condition as a value; stops with PG121 when it is none."""
    if isinstance(given, Traced):
        kinds = hints.json_kinds(given._type)
        if kinds is not None and "boolean" not in kinds:
            message = f"{where} takes a condition; {given._name} is {type_name(given._type)}"
            fail("PG121", message, "compare it: > == ...")
    elif not isinstance(given, bool):
        fail("PG121", f"{where} takes a condition, given {given!r}", "compare a step's result: > == ...")
    return to_value(given)


def _operands(where: str, given: tuple[bool, ...]) -> tuple[ir.Value, ...]:
    return tuple(need_condition(one, where) for one in given)


def _made(value: ir.Value) -> Any:
    trace = current("a condition")
    return Traced(value, bool, trace.block.scope, "the condition")


def _instant(left: Traced, other: Any) -> Any:
    """An instant as the logical date is written, so that the texts compare as the instants do."""
    if not isinstance(other, datetime):
        return other
    if left._value != ir.Ctx(name="logical_date"):
        fail(
            "PG116", f"{left._name} and a datetime are texts when they cross: they do not compare", "compare in a step"
        )
    if other.tzinfo is None or other.microsecond:
        fail(
            "PG116",
            f"{other} is no instant in whole seconds",
            "give it a time zone: datetime(..., tzinfo=timezone.utc)",
        )
    return other.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _comparable(op: ir.CompareOp, left: Traced, other: Any) -> None:
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
