"""Values and names as Python source that is formatted by construction.

Every value that reaches a generated file passes through here once. The text is what `ruff format` (88 columns) would
write, so no formatter runs when pipeglot does, and the bytes do not depend on the machine.
"""

from __future__ import annotations

import builtins
import keyword
import math
import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeAlias

from typing_extensions import assert_never

from pipeglot.codegen.code import Code as Code
from pipeglot.codegen.code import Mark, joined
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
)

WIDTH = 88


Spelled: TypeAlias = tuple[str | None, str]
"""What a piece of code is there for: a node (None: that of the code around it) and a field of the IR."""

# ---------------------------------------------------------------- documents: source that knows how to break


@dataclass(frozen=True)
class Atom:
    """Text that is never broken over lines."""

    text: str


@dataclass(frozen=True)
class Entry:
    """One item of a bracket, after its `key=` or `key: `."""

    prefix: str
    value: Doc
    spelled: tuple[Spelled, ...] = ()


@dataclass(frozen=True)
class Bracket:
    """`open items close` on one line when it fits, else one item a line with a trailing comma."""

    open: str
    items: tuple[Entry, ...]
    close: str
    comma: bool = False
    """A tuple of one keeps its comma."""
    spelled: tuple[Spelled, ...] = ()


@dataclass(frozen=True)
class Infix:
    """Operands joined by `op`; broken, it stands in parentheses with one operand a line."""

    op: str
    operands: tuple[Doc, ...]


@dataclass(frozen=True)
class Stack:
    """`open parts close` with the parts (of a comprehension, say) one a line, without commas, when it does not fit."""

    open: str
    parts: tuple[Entry, ...]
    close: str


@dataclass(frozen=True)
class Parens:
    """`prefix(inner)`: parentheses that the meaning needs."""

    inner: Doc
    prefix: str = ""


Doc: TypeAlias = Atom | Bracket | Infix | Stack | Parens


def string(text: str) -> str:
    """A string literal: double quotes unless single ones need fewer escapes.

    >>> print(string("it's"), string('say "hi"'))
    "it's" 'say "hi"'
    """
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + escape(text, quote) + quote


def escape(text: str, quote: str) -> str:
    """`text` as it stands between two `quote`s."""
    return "".join(_escape(char, quote) for char in text)


def _escape(char: str, quote: str) -> str:
    if char in (quote, "\\"):
        return "\\" + char
    if char in "\n\t\r":
        return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}[char]
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def literal(value: Any) -> Doc:
    """A JSON value (or tuple, timedelta, or ready Doc) as source; TypeError for anything else.

    >>> print(flat(literal({"a": [1, None, 0.5]})))
    {"a": [1, None, 0.5]}
    """
    match value:
        case Atom() | Bracket() | Infix() | Stack() | Parens():
            return value
        case None | bool() | int():
            return Atom(repr(value))
        case str():
            return Atom(string(value))
        case float() if math.isfinite(value):
            return Atom(repr(value).replace("e+", "e"))
        case list():
            return Bracket("[", tuple(Entry("", literal(v)) for v in value), "]")
        case tuple():
            return Bracket("(", tuple(Entry("", literal(v)) for v in value), ")", comma=len(value) == 1)
        case dict():
            return Bracket("{", tuple(Entry(string(k) + ": ", literal(v)) for k, v in value.items()), "}")
        case timedelta():
            return duration(round(value.total_seconds()))
    raise TypeError(f"no literal form for {type(value).__name__}")


def duration(seconds: int) -> Doc:
    """`timedelta(...)` in the largest unit that divides: needs `from datetime import timedelta`.

    >>> flat(duration(300))
    'timedelta(minutes=5)'
    """
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds and seconds % size == 0:
            return call("timedelta", **{unit: seconds // size})
    return call("timedelta", seconds=seconds)


def call(function: str, /, *args: Any, **kwargs: Any) -> Bracket:
    """A call expression; arguments are literals or Docs.

    >>> flat(call("f", 1, x=Atom("y")))
    'f(1, x=y)'
    """
    items = [Entry("", literal(v)) for v in args] + [Entry(f"{k}=", literal(v)) for k, v in kwargs.items()]
    return Bracket(f"{function}(", tuple(items), ")")


def flat(doc: Doc) -> str:
    """`doc` on one line."""
    match doc:
        case Atom():
            return doc.text
        case Infix():
            return f" {doc.op} ".join(flat(operand) for operand in doc.operands)
        case Parens():
            return f"{doc.prefix}({flat(doc.inner)})"
        case Stack():
            return doc.open + " ".join(part.prefix + flat(part.value) for part in doc.parts) + doc.close
        case Bracket():
            inner = ", ".join(entry.prefix + flat(entry.value) for entry in doc.items)
            return doc.open + inner + ("," if doc.comma else "") + doc.close
        case _:
            assert_never(doc)


def width(text: str) -> int:
    """Columns that `text` takes: wide East Asian characters count two."""
    return len(text) + sum(unicodedata.east_asian_width(char) in "WF" for char in text)


def spelling(doc: Doc) -> Iterator[Spelled]:
    """All that a document is there for, and the documents in it."""
    match doc:
        case Bracket(items=items, spelled=spelled):
            yield from spelled
        case Stack(parts=items):
            pass
        case Infix(operands=operands):
            items = tuple(Entry("", operand) for operand in operands)
        case Parens(inner=inner):
            items = (Entry("", inner),)
        case Atom():
            return
        case _:
            assert_never(doc)
    for entry in items:
        yield from entry.spelled
        yield from spelling(entry.value)


def marked(text: str, spelled: Iterable[Spelled]) -> Code:
    """A piece of text that is there for some attributes."""
    return Code(text, [Mark(0, text.count("\n"), node, attribute) for node, attribute in dict.fromkeys(spelled)])


def render(doc: Doc, indent: int = 0, lead: int = 0, tail: int = 0) -> Code:
    """`doc` as text whose first line starts at column `lead` and whose last is followed by `tail` columns."""
    line = flat(doc)
    if isinstance(doc, Atom) or lead + width(line) + tail <= WIDTH:
        return marked(line, spelling(doc))
    pad, end = " " * (indent + 4), "\n" + " " * indent
    if isinstance(doc, Infix):
        return _infix(doc, indent, lead, tail)
    if isinstance(doc, Parens):
        return f"{doc.prefix}(\n{pad}" + _inside(doc.inner, indent + 4, indent + 4) + f"{end})"
    if isinstance(doc, Stack):
        inner = line[len(doc.open) : -len(doc.close)]
        if indent + 4 + width(inner) <= WIDTH:
            return f"{doc.open}\n{pad}" + marked(inner, spelling(doc)) + end + doc.close
        broken = [pad + p.prefix + render(p.value, indent + 4, indent + 4 + width(p.prefix)) for p in doc.parts]
        return f"{doc.open}\n" + joined(broken) + end + doc.close
    if not doc.items:
        return marked(line, spelling(doc))
    lines = [marked(pad + e.prefix + _entry(e, indent + 4) + ",", e.spelled) for e in doc.items]
    return joined([marked(doc.open, doc.spelled), *lines, " " * indent + doc.close])


def _entry(entry: Entry, indent: int) -> Code:
    """The value of a bracket's item: operators that do not fit on a line get parentheses of their own."""
    lead = indent + width(entry.prefix)
    value = entry.value
    if isinstance(value, Infix) and lead + width(flat(value)) + 1 > WIDTH:
        value = Parens(value)
    return render(value, indent, lead, 1)


def _infix(doc: Infix, indent: int, lead: int, tail: int) -> Code:
    """Operators that do not fit on a line, where a statement has them: in parentheses with one operand a line.

    Between two operands ruff rather breaks parentheses that one of them has.
    """
    if len(doc.operands) == 2:
        first, last = doc.operands
        if doc.op in ("in", "not in") and isinstance(last, Bracket):
            head = f"{flat(first)} {doc.op} "
            return head + render(last, indent, lead + width(head), tail)
        if _ends_in_bracket(last):
            last = last if isinstance(last, Parens) else Parens(last)
            head = f"{flat(first)} {doc.op} "
            if lead + width(f"{head}{last.prefix}(") <= WIDTH:
                return head + render(last, indent, WIDTH)
        elif isinstance(first, Parens) and not first.prefix:
            end = f" {doc.op} {flat(last)}"
            if indent + 1 + width(end) + tail <= WIDTH:
                return render(first, indent, WIDTH) + end
    pad = " " * (indent + 4)
    return f"(\n{pad}" + _inside(doc, indent + 4, indent + 4) + f"\n{' ' * indent})"


def _inside(doc: Doc, indent: int, lead: int) -> Code:
    """A document between parentheses: one operand a line when it does not fit."""
    if not isinstance(doc, Infix) or lead + width(flat(doc)) <= WIDTH:
        return render(doc, indent, lead)
    first, *rest = doc.operands
    sign = f"\n{' ' * indent}{doc.op} "
    lines = (sign + _inside(o, indent, indent + len(doc.op) + 1) for o in rest)
    return joined([_inside(first, indent, lead), *lines], "")


def _ends_in_bracket(doc: Doc) -> bool:
    """Whether ruff could break a document at its end; it does not at a subscript or a call without arguments."""
    match doc:
        case Atom(text=text):
            return text.endswith(")") and not text.endswith("()")
        case Infix(operands=operands):
            return _ends_in_bracket(operands[-1])
        case Bracket(items=items):
            return bool(items)
        case Stack() | Parens():
            return True
        case _:
            assert_never(doc)


def is_tidy(doc: Doc, room: int) -> bool:
    """Whether a condition has the layout that ruff gives it, in a statement that leaves `room` columns for it."""
    if not isinstance(doc, Infix) or len(doc.operands) != 2 or width(flat(doc)) <= room:
        return True
    first, last = doc.operands
    if _ends_in_bracket(last):
        return width(f"{flat(first)} {doc.op} not (") <= room
    if not isinstance(first, Parens) or first.prefix:
        return True
    # Ruff breaks the last brackets that it reaches within the line, wherever they stand.
    return width(f") {doc.op} {flat(last)}") <= room and re.search(r"[\[(](?![\])])", flat(last)) is None


def statement(prefix: str, doc: Doc, suffix: str = "", indent: int = 0) -> Code:
    """One statement: `prefix`, the document, `suffix`, at `indent` columns, without a line end.

    >>> print(statement("x = ", literal([1, 2]), indent=4))
        x = [1, 2]
    """
    pad = " " * indent
    body = render(doc, indent, indent + width(prefix), width(suffix))
    if prefix.endswith("= ") and isinstance(doc, Bracket):
        head = width(body.partition("\n")[0])
        if indent + width(prefix) + head > WIDTH >= indent + 4 + width(doc.open):
            # Where not even the call's head fits beside the name, ruff puts the call in parentheses.
            body = f"(\n{pad}    " + render(doc, indent + 4, indent + 4) + f"\n{pad})"
    return pad + prefix + body + suffix


Spelling: TypeAlias = Mapping[str, "str | tuple[Spelled, ...] | Spelling"]
"""What the items of a call or dict are there for, by the name of the argument or the key ("" where there is none): fields of
the IR with spaces between, the same for other nodes than the one around, or a table for the items within."""


def spelled(doc: Bracket, table: Spelling) -> Bracket:
    """A call or dict whose items say which attributes they are there for.

    >>> [entry.spelled for entry in spelled(call("f", 1, retries=2), {"retries": "Retry.count"}).items]
    [(), ((None, 'Retry.count'),)]
    """
    return replace(doc, items=tuple(_spelled(entry, table) for entry in doc.items))


def _spelled(entry: Entry, table: Spelling) -> Entry:
    found = table.get(entry.prefix.rstrip(" =:").strip('"'), ())
    if isinstance(found, Mapping):
        return replace(entry, value=spelled(entry.value, found)) if isinstance(entry.value, Bracket) else entry
    fields = tuple((None, field) for field in found.split()) if isinstance(found, str) else found
    return replace(entry, spelled=(*entry.spelled, *fields))


# ---------------------------------------------------------------- the language's values as expressions

Root: TypeAlias = Out | Item | ParamRef | Ctx
"""A reference, with its path dropped (`root`)."""

RootNames: TypeAlias = Callable[[Root], str]
"""The Python expression (a primary: a name, attribute, subscript or call) under which generated code has a root."""


def root(value: Root) -> Root:
    """The reference without its path: what has to be passed to the place where the expression stands."""
    return value if isinstance(value, Ctx) else value.model_copy(update={"path": ()})


def expression(value: Value, names: RootNames) -> Doc:  # noqa: C901 -- one case for each kind of value
    """A value of the language as a Python expression over `names`; conditions become plain Python operators."""

    def inner(v: Value) -> Doc:
        return expression(v, names)

    def operand(v: Value) -> Doc:
        doc = inner(v)
        return Parens(doc) if isinstance(doc, Infix | Parens) or flat(doc).startswith("not ") else doc

    match value := settled(value):
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
    condition = settled(condition)
    doc = expression(condition, names)
    if not isinstance(condition, All | Any_) or is_tidy(doc, room):
        return doc
    inner = tuple(Entry("", fitting(operand, names, room - 8)) for operand in condition.operands)
    return call("all" if isinstance(condition, All) else "any", Bracket("[", inner, "]"))


def settled(value: Value) -> Value:
    """A condition without `not` of `not`, and without a comparison with True or False: what is left has the brackets and
    the layout of what it says."""
    match value:
        case Not(operand=Not(operand=twice)):
            return settled(twice)
        case (
            Compare(op="==" | "!=" as op, left=known, right=Const(value=bool(told)))
            | Compare(op="==" | "!=" as op, left=Const(value=bool(told)), right=known)
        ):
            return settled(known if told is (op == "==") else Not(operand=known))
    return value


def same_kind(value: All | Any_) -> list[Value]:
    """The operands, with those of operands of the same kind in their place: `a and (b and c)` needs no brackets."""
    found: list[Value] = []
    for operand in map(settled, value.operands):
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


# ---------------------------------------------------------------- names and imports

RESERVED = frozenset(keyword.kwlist) | frozenset(keyword.softkwlist) | frozenset(dir(builtins))


def identifier(text: str) -> str:
    """A legal, lower-case ASCII identifier made of `text`, not yet guarded against collisions.

    >>> identifier("2nd Größe!")
    'n2nd_gr_e'
    """
    base = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in text)
    while "__" in base:
        base = base.replace("__", "_")
    base = base.strip("_").lower()[:60] or "x"
    return "n" + base if base[0].isdigit() else base


class Names:
    """Distinct legal names for one file: asked twice for one key, the same answer.

    >>> names = Names(taken=["load"])
    >>> names("a", "load"), names("b", "Load"), names("a", "load")
    ('load_2', 'load_3', 'load_2')
    """

    def __init__(
        self, taken: Iterable[str] = (), clean: Callable[[str], str] = identifier, around: Container[str] = ()
    ) -> None:
        """`around`: names that are taken too, and that are not copied."""
        self._taken = set(taken)
        self._around = around
        self._clean = clean
        self._by_key: dict[object, str] = {}
        self._numbers: dict[str, int] = {}

    def free(self, name: str) -> bool:
        """Whether nothing has this name yet."""
        return not (name in self._taken or name in self._around or name in RESERVED)

    def __call__(self, key: object, text: str) -> str:
        if key not in self._by_key:
            base = self._clean(text)
            name, number = base, self._numbers.get(base, 2)
            while not self.free(name):
                name, number = f"{base}_{number}", number + 1
            self._numbers[base] = number
            self._taken.add(name)
            self._by_key[key] = name
        return self._by_key[key]


class Imports:
    """The imports of one file, written sorted in isort's order (ruff's `I` rules, no first party known).

    >>> imports = Imports()
    >>> imports.name("datetime", "timedelta"); imports.module("json")
    >>> print(imports.text(standard={"json", "datetime"}))
    import json
    from datetime import timedelta
    """

    def __init__(self) -> None:
        self._modules: set[tuple[str, str | None]] = set()
        self._names: dict[str, set[tuple[str, str | None]]] = {}
        self._renamed: Mapping[str, str] = {}

    def rename(self, names: Mapping[str, str]) -> None:
        """From now on, what would be imported under one of these names is imported under the other one."""
        self._renamed = {name: other for name, other in names.items() if "." not in other}

    def module(self, module: str, alias: str | None = None) -> None:
        """`import module [as alias]`."""
        self._modules.add((module, alias or self._renamed.get(module)))

    def name(self, module: str, name: str, alias: str | None = None) -> None:
        """`from module import name [as alias]`."""
        self._names.setdefault(module, set()).add((name, alias or self._renamed.get(name)))

    def any(self) -> bool:
        """Whether there is an import."""
        return bool(self._modules or self._names)

    def text(self, standard: Iterable[str]) -> str:
        """Every import, in sections: `__future__`, the standard library, everything else."""
        known = frozenset(standard)
        sections: dict[int, list[tuple[str, str]]] = {0: [], 1: [], 2: []}

        def section(module: str) -> int:
            top = module.split(".")[0]
            return 0 if top == "__future__" else 1 if top in known else 2

        for module, alias in self._modules:
            text = f"import {module}" + (f" as {alias}" if alias else "")
            sections[section(module)].append(("0" + module.lower(), text))
        for module, names in self._names.items():
            order = sorted(names, key=lambda item: (_isort_key(item[0]), item[1] or ""))
            entries = tuple(Entry("", Atom(n if a is None else f"{n} as {a}")) for n, a in order)
            prefix = f"from {module} import "
            if width(prefix) + width(", ".join(flat(e.value) for e in entries)) <= WIDTH:
                text = prefix + ", ".join(flat(e.value) for e in entries)
            else:
                text = prefix + render(Bracket("(", entries, ")"), 0, WIDTH)
            sections[section(module)].append(("1" + module.lower(), text))
        blocks = ["\n".join(text for _, text in sorted(lines)) for lines in sections.values() if lines]
        return "\n\n".join(blocks)


def _isort_key(name: str) -> tuple[int, str]:
    """ruff's order of members: CONSTANTS, Classes, then variables."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name
