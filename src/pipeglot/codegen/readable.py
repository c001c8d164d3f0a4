"""Whether generated Python can be read: a check of the printers, on whatever they print."""

from __future__ import annotations

import re
import symtable
from collections.abc import Iterator

PIECE = 1 << 17
"""Characters that are looked at together: what Python makes of source takes a hundred times as much memory."""

_STATEMENT = re.compile(
    r"""\n\n(?=(?:[ ]{4})?[@\w])  # after an empty line: functions with what decorates them
    |(?<![:\\])\n(?=(?:[ ]{4})?(?!(?:elif|else|except|finally|async|def|class)\b|\w+=[^=])[^\W\d])""",
    re.VERBOSE,
)
"""The line end before what may begin a statement, of a file or of a block in it: no clause, and no argument."""


def readable(text: str, path: str) -> None:
    """Raise SyntaxError when a text is not Python.

    A long text is read piece by piece. A piece that cannot be read alone, because it ends within a statement, is read together
    with the next one, and in the end all of the text together.
    """
    held = ""
    for piece in _pieces(text):
        held += piece
        try:
            symtable.symtable(f"if True:\n{held}" if held.startswith("    ") else held, path, "exec")
        except SyntaxError:
            continue
        held = ""
    if held:
        symtable.symtable(text, path, "exec")


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > PIECE:
        end = _STATEMENT.search(text, start + PIECE)
        if end is None:
            break
        yield text[start : end.end()]
        start = end.end()
    yield text[start:]
