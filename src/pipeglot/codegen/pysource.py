"""Python source that is formatted by construction: documents that know how to break over lines.

Every value that reaches a generated file passes through here once, those of the language by `expressions.py`; the names and
imports around them are those of `names.py`. The text is what `ruff format` (88 columns) would
write, so no formatter runs when pipeglot does, and the bytes do not depend on the machine.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, TypeAlias

from pipeglot.codegen.code import Code, Mark, around, joined
from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import dataclass, replace

WIDTH = 88


Spelled: TypeAlias = tuple[str | None, str | None]
"""What a piece of code is there for: a node (None: that of the code around it) and a field of the IR (None: all of it)."""

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
    return len(text) if text.isascii() else len(text) + sum(unicodedata.east_asian_width(char) in "WF" for char in text)


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
    return around(pad + prefix, body, suffix)


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
    return replace(entry, spelled=(*entry.spelled, *fields(found)))


def fields(found: str | tuple[Spelled, ...]) -> tuple[Spelled, ...]:
    """What an entry of such a table says."""
    return tuple((None, field) for field in found.split()) if isinstance(found, str) else found
