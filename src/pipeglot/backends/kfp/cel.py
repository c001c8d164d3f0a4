"""Conditions as CEL, which KFP evaluates."""

from __future__ import annotations

from collections.abc import Callable

from typing_extensions import assert_never

from pipeglot.core.ir import (
    All,
    Any_,
    Compare,
    Const,
    Ctx,
    DictOf,
    IsIn,
    Item,
    ListOf,
    Not,
    Out,
    ParamRef,
    Text,
    Value,
    parts,
)

from .types import Form, Types

Reference = Out | ParamRef | Item | Ctx


def cel(condition: Value, types: Types, name: Callable[[Value], str]) -> str:
    """A condition; `name` gives the input that has a reference's value."""

    def operand(value: Value, form: Form) -> str:
        if isinstance(value, Const):
            return scalar(value.value, form)
        if not isinstance(value, Out | ParamRef | Item | Ctx):
            return f"({write(value)})"
        text = f"inputs.parameter_values['{name(value)}']"
        return f"int({text})" if form == "int" else text

    def write(value: Value) -> str:
        match value:
            case Compare(op=op, left=left, right=right):
                forms = {types.form(left), types.form(right)}
                form: Form = "float" if forms == {"int", "float"} else types.form(left)
                return f"{operand(left, form)} {op} {operand(right, form)}"
            case IsIn(value=inner, options=options):
                form = types.form(inner)
                if form == "int" and any(isinstance(option, float) for option in options):
                    form = "float"
                return f"{operand(inner, form)} in [{', '.join(scalar(option, form) for option in options)}]"
            case All(operands=operands):
                return " && ".join(grouped(each) for each in operands)
            case Any_(operands=operands):
                return " || ".join(grouped(each) for each in operands)
            case Not(operand=inner):
                return f"!({write(inner)})"
            case Const(value=constant):
                return f"true == {scalar(constant, 'bool')}"
            case Out() | ParamRef() | Item() | Ctx() | ListOf() | DictOf() | Text():
                return f"{operand(value, 'bool')} == true"
            case _:
                assert_never(value)

    def grouped(value: Value) -> str:
        return f"({write(value)})" if isinstance(value, All | Any_) else write(value)

    return write(condition)


def scalar(value: object, form: Form) -> str:
    """A constant in CEL; text has the escapes that CEL and Python share."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(float(value)) if form == "float" else repr(value)
    text = str(value).replace("\\", "\\\\").replace("'", "\\'")
    plain = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" if ord(c) < 65536 else c for c in text)
    return "'" + plain.replace("{{", "{\\u007b") + "'"


def is_one_comparison(condition: Value) -> bool:
    """Whether KFP's DSL has words for a condition: a reference against a constant or another."""
    if not isinstance(condition, Compare):
        return isinstance(condition, Reference)
    left, right = condition.left, condition.right
    if isinstance(right, Const) and isinstance(right.value, str) and scalar(right.value, "str") != f"'{right.value}'":
        return False
    return isinstance(left, Reference) and isinstance(right, Reference | Const)


def negation(condition: str) -> str:
    """The opposite of a condition in CEL."""
    return f"!({condition})"


def references(condition: Value) -> list[Out | ParamRef | Item | Ctx] | None:
    """The references a condition compares; None when it compares something else, a text built of values say."""
    found = list(parts(condition))
    if any(isinstance(part, ListOf | DictOf | Text) for part in found):
        return None
    return [part for part in found if isinstance(part, Reference)]
