"""Conditions as text: CEL, which KFP evaluates, and Python where the types leave it open whether they can be."""

from __future__ import annotations

from collections.abc import Callable

from pipeglot.codegen.pysource import Atom, Doc, Infix, Parens, RootNames, call, expression, flat, literal, negated
from pipeglot.core.ir import All, Any_, Compare, Const, Ctx, IsIn, Item, Not, Out, ParamRef, Value

from .types import Form, Types


def cel(condition: Value, types: Types, name: Callable[[Value], str]) -> str:
    """A decidable condition; `name` gives the input that has a reference's value."""

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
            case _:
                return f"{operand(value, 'bool')} == true"

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
    """Whether KFP's DSL has words for a decidable condition: a reference against a constant or another."""
    match condition:
        case Compare(left=Out() | ParamRef() | Item() | Ctx(), right=right):
            if isinstance(right, Const):
                return not isinstance(right.value, str) or scalar(right.value, "str") == f"'{right.value}'"
            return isinstance(right, Out | ParamRef | Item | Ctx)
        case Out() | ParamRef() | Item() | Ctx():
            return True
    return False


def negation(condition: str) -> str:
    """The opposite of a condition in CEL."""
    return f"!({condition})"


def references(condition: Value) -> list[Out | ParamRef | Item | Ctx] | None:
    """The references a condition compares; None when it compares something else, a text built of values say."""
    match condition:
        case Compare(left=left, right=right):
            inner: tuple[Value, ...] = (left, right)
        case IsIn(value=value):
            inner = (value,)
        case All(operands=operands) | Any_(operands=operands):
            inner = operands
        case Not(operand=operand):
            inner = (operand,)
        case Out() | ParamRef() | Item() | Ctx():
            return [condition]
        case Const():
            return []
        case _:
            return None
    found: list[Out | ParamRef | Item | Ctx] = []
    for each in inner:
        some = references(each)
        if some is None:
            return None
        found += some
    return found


def decision(condition: Value, types: Types, names: RootNames, use: Callable[[str], str]) -> Doc:
    """A condition as Python that raises where it cannot be evaluated; `use` notes the helpers."""

    def write(value: Value) -> Doc:
        if types.decidable(value):
            return expression(value, names)
        match value:
            case Compare(op=op, left=left, right=right):
                return call(use("compare"), op, expression(left, names), expression(right, names))
            case IsIn(value=inner, options=options):
                each = flat(call(use("compare"), "==", expression(inner, names), Atom("option")))
                return Atom(f"any([{each} for option in {flat(literal(tuple(options)))}])")
            case All(operands=operands) | Any_(operands=operands):
                docs = [write(operand) for operand in operands]
                if len(docs) == 1:
                    return docs[0]
                return Infix(value.kind, tuple(Parens(doc) if isinstance(doc, Infix) else doc for doc in docs))
            case Not(operand=operand):
                return negated(write(operand))
            case _:
                return call(use("truth"), expression(value, names))

    return write(condition)
