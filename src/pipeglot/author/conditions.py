"""Conditions as authors write them: comparisons of traced values, and what stands for `and`, `or`, `not`, `in`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from pipeglot.author import hints
from pipeglot.author.constants import constant
from pipeglot.author.hints import type_name
from pipeglot.author.proxy import Traced, as_condition, comparable, to_value
from pipeglot.author.trace import fail
from pipeglot.core import ir

T = TypeVar("T")


def all_(*conditions: bool) -> bool:
    """True when every condition holds: what `and` would say. Of plain bools it is Python's own `all`.

    Args:
        *conditions: comparisons of traced values, traced bools, or plain bools.

    Raises:
        AuthoringError: PG121 when one is no condition.

    >>> all_(True, 1 < 2)
    True
    """
    if not any(isinstance(one, Traced) for one in conditions):
        return all(conditions)
    made: bool = as_condition(ir.All(operands=_operands("all_()", conditions)))
    return made


def any_(*conditions: bool) -> bool:
    """True when one of the conditions holds: what `or` would say. Of plain bools it is Python's own `any`.

    Args:
        *conditions: comparisons of traced values, traced bools, or plain bools.

    Raises:
        AuthoringError: PG121 when one is no condition.

    >>> any_(False, 1 < 2)
    True
    """
    if not any(isinstance(one, Traced) for one in conditions):
        return any(conditions)
    made: bool = as_condition(ir.Any_(operands=_operands("any_()", conditions)))
    return made


def not_(condition: bool) -> bool:
    """The opposite of a condition.

    Args:
        condition: a comparison of traced values, a traced bool, or a plain bool.

    Raises:
        AuthoringError: PG121 when it is no condition.

    >>> not_(False)
    True
    """
    given: Any = condition
    if not isinstance(given, Traced):
        return not given
    made: bool = as_condition(ir.Not(operand=need_condition(given, "not_()")))
    return made


def is_in(value: T, options: Iterable[T]) -> bool:
    """Whether a value is one of constant options: what `in` would say.

    Args:
        value: a traced value, or a constant.
        options: constants that JSON can hold.

    Raises:
        AuthoringError: PG116 when the options are no constants or do not compare with the value.

    >>> is_in("b", ["a", "b"])
    True
    """
    choices = [*options] if not isinstance(options, Traced) else None
    if choices is None or any(isinstance(one, Traced) for one in choices):
        fail("PG116", "is_in() takes constant options", "compare with each by any_(x == a, x == b)")
    if not isinstance(value, Traced):
        return value in choices
    for one in choices:
        comparable("==", value, one)
    plain = tuple(constant(choices).value)
    made: bool = as_condition(ir.IsIn(value=to_value(value), options=plain))
    return made


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
