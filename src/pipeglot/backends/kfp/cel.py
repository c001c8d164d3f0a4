"""Conditions as CEL, which KFP evaluates."""

from __future__ import annotations

from collections.abc import Callable

from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import dataclass
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

from .plan import ArmTest, Comparison, Constant, DagInput
from .types import Form, FormTypes

Reference = Out | ParamRef | Item | Ctx


def read(name: str) -> str:
    """The value of an input."""
    return f"inputs.parameter_values['{name}']"


def arm_test(condition: Value, types: FormTypes, name: Callable[[Value], str]) -> ArmTest:
    """A decidable condition; `name` gives the input that has a reference's value."""
    text = _Cel(types, name).text(condition)
    if not is_one_comparison(condition):
        return ArmTest(text)
    if not isinstance(condition, Compare):
        return ArmTest(text, Comparison(name(condition), "==", Constant(True)))
    right: DagInput | Constant
    if isinstance(condition.right, Const):
        value = condition.right.value
        if isinstance(value, int) and _compared_as(condition, types) == "float":
            value = float(value)
        right = Constant(value)
    else:
        right = DagInput(name(condition.right))
    return ArmTest(text, Comparison(name(condition.left), condition.op, right))


def _compared_as(condition: Compare, types: FormTypes) -> Form:
    forms = {types.form(condition.left), types.form(condition.right)}
    return "float" if forms == {"int", "float"} else types.form(condition.left)


@dataclass(frozen=True)
class _Cel:
    """Writes decidable conditions."""

    types: FormTypes
    name: Callable[[Value], str]

    def text(self, value: Value) -> str:
        match value:
            case Compare(op=op, left=left, right=right):
                form = _compared_as(value, self.types)
                return f"{self._operand(left, form)} {op} {self._operand(right, form)}"
            case IsIn(value=inner, options=options):
                form = self.types.form(inner)
                if form == "int" and any(isinstance(option, float) for option in options):
                    form = "float"
                return f"{self._operand(inner, form)} in [{', '.join(scalar(option, form) for option in options)}]"
            case All(operands=operands):
                return " && ".join(map(self._grouped, operands))
            case Any_(operands=operands):
                return " || ".join(map(self._grouped, operands))
            case Not(operand=inner):
                return f"!({self.text(inner)})"
            case Const(value=constant):
                return f"true == {scalar(constant, 'bool')}"
            case Out() | ParamRef() | Item() | Ctx() | ListOf() | DictOf() | Text():
                return f"{self._operand(value, 'bool')} == true"
            case _:
                assert_never(value)

    def _operand(self, value: Value, form: Form) -> str:
        if isinstance(value, Const):
            return scalar(value.value, form)
        if not isinstance(value, Out | ParamRef | Item | Ctx):
            return f"({self.text(value)})"
        text = read(self.name(value))
        return f"int({text})" if form == "int" else text

    def _grouped(self, value: Value) -> str:
        return f"({self.text(value)})" if isinstance(value, All | Any_) else self.text(value)


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
