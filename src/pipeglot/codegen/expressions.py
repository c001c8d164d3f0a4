"""The language's values as Python expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from pipeglot.codegen.pysource import (
    Atom,
    Bracket,
    Doc,
    Entry,
    Infix,
    Parens,
    Stack,
    call,
    escape,
    flat,
    is_tidy,
    literal,
    string,
)
from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import replace
from pipeglot.core.ir import All, Any_, Compare, Const, Ctx, DictOf, IsIn, Item, ListOf, Not, Out, ParamRef, Text, Value

Root: TypeAlias = Out | Item | ParamRef | Ctx
"""A reference, with its path dropped (`root`)."""

RootNames: TypeAlias = Callable[[Root], str]
"""The Python expression (a primary: a name, attribute, subscript or call) under which generated code has a root."""


def root(value: Root) -> Root:
    """The reference without its path: what has to be passed to the place where the expression stands."""
    return value if isinstance(value, Ctx) or not value.path else replace(value, path=())


def suggested(value: Root) -> str:
    """What a parameter for a reference would be called, by what it refers to."""
    match value:
        case Out(ref=ref):
            return ref
        case Item(loop=loop):
            return f"{loop}_item"
        case ParamRef(name=name) | Ctx(name=name):
            return name
        case _:
            assert_never(value)


def argument_names(args: Mapping[str, Value]) -> dict[Root, str]:
    """The names of the (first) arguments that references are given for.

    >>> argument_names({"x": Out(ref="a", path=("n",)), "y": Out(ref="a"), "z": Const(value=1)})
    {Out(kind='out', ref='a', path=()): 'x'}
    """
    found = [(root(value), name) for name, value in args.items() if isinstance(value, Out | Item | ParamRef | Ctx)]
    return dict(reversed(found))


def expression(value: Value, names: RootNames) -> Doc:  # noqa: C901 -- one case for each kind of value
    """A value of the language as a Python expression over `names`; conditions become plain Python operators."""

    def inner(v: Value) -> Doc:
        return expression(v, names)

    def operand(v: Value) -> Doc:
        doc = inner(v)
        return Parens(doc) if isinstance(doc, Infix | Parens) or flat(doc).startswith("not ") else doc

    match value := simplified(value):
        case Const():
            return literal(value.value)
        case Ctx():
            return Atom(names(value))
        case Out() | Item() | ParamRef():
            keys = "".join(f"[{flat(literal(key))}]" for key in value.path)
            return Atom(names(root(value)) + keys)
        case ListOf():
            return Bracket("[", tuple(Entry("", inner(v)) for v in value.items), "]")
        case DictOf():
            return Bracket("{", tuple(Entry(string(k) + ": ", inner(v)) for k, v in value.items), "}")
        case Text():
            return _text(value, names)
        case Compare():
            return Infix(value.op, (operand(value.left), operand(value.right)))
        case IsIn():
            return Infix("in", (operand(value.value), literal(tuple(value.options))))
        case All() | Any_():
            operands = same_kind(value)
            docs = tuple(operand(v) if isinstance(v, All | Any_) else inner(v) for v in operands)
            return docs[0] if len(docs) == 1 else Infix(value.kind, docs)
        case Not(operand=IsIn(value=inside, options=options)):
            return Infix("not in", (operand(inside), literal(tuple(options))))
        case Not(operand=Compare(op="==" | "!=" as op, left=left, right=right)):
            return inner(Compare(op="!=" if op == "==" else "==", left=left, right=right))
        case Not():
            return negated(inner(value.operand))
        case _:
            assert_never(value)


def negated(doc: Doc) -> Doc:
    """`not doc`, of a bool."""
    match doc:
        case Atom(text=text) if text.startswith("not "):
            return Atom(text.removeprefix("not "))
        case Atom():
            return Atom(f"not {doc.text}")
        case Bracket():
            return replace(doc, open=f"not {doc.open}")
        case Parens(prefix=prefix) if prefix:
            return doc.inner
        case Parens() | Infix() | Stack():
            return Parens(doc, "not ")
        case _:
            assert_never(doc)


def fitting(condition: Value, names: RootNames, room: int) -> Doc:
    """A condition as `and` and `or`; one that ruff would not leave so as `all([...])` and `any([...])`."""
    condition = simplified(condition)
    doc = expression(condition, names)
    if not isinstance(condition, All | Any_) or is_tidy(doc, room):
        return doc
    inner = tuple(Entry("", fitting(operand, names, room - 8)) for operand in condition.operands)
    return call("all" if isinstance(condition, All) else "any", Bracket("[", inner, "]"))


def simplified(value: Value) -> Value:
    """A condition without `not` of `not`, and without a comparison with True or False: what is left has the brackets and
    the layout of what it says."""
    match value:
        case Not(operand=Not(operand=twice)):
            return simplified(twice)
        case (
            Compare(op="==" | "!=" as op, left=known, right=Const(value=bool(told)))
            | Compare(op="==" | "!=" as op, left=Const(value=bool(told)), right=known)
        ):
            return simplified(known if told is (op == "==") else Not(operand=known))
    return value


def same_kind(value: All | Any_) -> list[Value]:
    """The operands, with those of operands of the same kind in their place: `a and (b and c)` needs no brackets."""
    found: list[Value] = []
    for operand in map(simplified, value.operands):
        same = isinstance(operand, All | Any_) and operand.kind == value.kind
        found += same_kind(operand) if same else [operand]  # type: ignore[arg-type]
    return found


def _text(value: Text, names: RootNames) -> Doc:
    """An f-string where every Python from 3.10 on can read it; otherwise a sum of strings."""
    inner = [
        p.value if isinstance(p, Const) and isinstance(p.value, str) else expression(p, names) for p in value.parts
    ]
    constant = "".join(p for p in inner if isinstance(p, str))
    if (
        constant
        and len(constant) == sum(map(len, (p for p in inner if isinstance(p, str))))
        and all(isinstance(p, str) for p in inner)
    ):
        return literal(constant)
    if not inner:
        return literal("")
    docs = [p if isinstance(p, str) else flat(p) for p in inner]
    if all(isinstance(p, str) or _fits_fstring(d) for p, d in zip(inner, docs, strict=True)):
        quote, other = ("'", '"') if constant.count('"') > constant.count("'") else ('"', "'")
        body = "".join(
            escape(p, quote).replace("{", "{{").replace("}", "}}")
            if isinstance(p, str)
            else "{" + d.replace('"', other) + "}"
            for p, d in zip(inner, docs, strict=True)
        )
        return Atom(f"f{quote}{body}{quote}")
    terms = [literal(p) if isinstance(p, str) else Bracket("str(", (Entry("", p),), ")") for p in inner]
    return terms[0] if len(terms) == 1 else Infix("+", tuple(terms))


def _fits_fstring(expression: str) -> bool:
    return not any(char in expression for char in "'\\{}#!:\n") and expression.isprintable()
