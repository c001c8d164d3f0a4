"""Statements as ruff lays them out when arguments fit on a line of their own."""

from __future__ import annotations

from pipeglot.codegen import pysource
from pipeglot.codegen.code import Code
from pipeglot.codegen.pysource import WIDTH, Bracket, Doc, flat, marked, spelling, width


def statement(prefix: str, doc: Doc, suffix: str = "", indent: int = 0) -> Code:
    """As `pysource.statement`, but a call that does not fit on one line has its arguments on the next, if they fit.

    >>> from pipeglot.codegen.pysource import (Atom, call)
    >>> print(statement("x = ", call("f" * 60, Atom("first_argument"), Atom("second_argument"))))
    x = ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff(
        first_argument, second_argument
    )
    """
    text = pysource.statement(prefix, doc, suffix, indent)
    if not isinstance(doc, Bracket) or "\n" not in text or doc.comma or not doc.open.endswith("("):
        return text
    inner = ", ".join(entry.prefix + flat(entry.value) for entry in doc.items)
    pad = " " * indent
    head = f"{pad}{prefix}{doc.open}"
    if "\n" in inner or indent + 4 + width(inner) > WIDTH or width(head) > WIDTH:
        return text
    return f"{head}\n" + marked(f"{pad}    {inner}", spelling(doc)) + f"\n{pad}{doc.close}{suffix}"
