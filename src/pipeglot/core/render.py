"""Diagnostics as text for people, JSON for programs and SARIF 2.1.0 for code scanners."""

from __future__ import annotations

import json
import posixpath
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import quote

from pipeglot.core.diagnostic import CODES, Diagnostic, Severity
from pipeglot.core.ir import At

if TYPE_CHECKING:
    from pipeglot.core.listed import Diagnostics

Format: TypeAlias = Literal["text", "json", "sarif"]

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_ORDER: tuple[Severity, ...] = ("error", "loss", "warning", "note")
_COLOUR: dict[Severity, str] = {"error": "31", "loss": "35", "warning": "33", "note": "36"}
_LEVEL: dict[Severity, str] = {"error": "error", "loss": "error", "warning": "warning", "note": "note"}


_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Characters that are letters or marks to Unicode, and nothing to an eye."""


def visible(text: str) -> str:
    """Anybody's text with nothing in it that cannot be seen, or that turns around what stands beside it: such characters
    (control, bidirectional, of no width, unusual spaces) are escaped; line ends and tabs stay.

    >>> print(visible("rows\u202e123\u200b\\n"), end="")
    rows\\u202e123\\u200b
    """
    if text.isprintable() and _UNSEEN.isdisjoint(text):
        return text
    return "".join(c if c in "\n\t" or _seen(c) else c.encode("unicode_escape").decode() for c in text)


def printable(text: str, limit: int | None = None) -> str:
    """Anybody's text on one line of a terminal: what cannot be seen is escaped, cut at `limit` characters.

    >>> printable("two\\nlines")
    'two\\\\nlines'
    """
    line = "".join(c if _seen(c) else c.encode("unicode_escape").decode() for c in text[:limit])
    return line if limit is None or len(text) <= limit else f"{line[: limit - 3]}..."


def _seen(character: str) -> bool:
    return character.isprintable() and character not in _UNSEEN


def place(at: At | None, folder: str = "") -> str:
    """`file:line` as a reader can open it; `folder` is the pipeline's own, as seen from where the reader is.

    >>> place(At(file="credit.py", line=7), "examples")
    'examples/credit.py:7'
    """
    return "" if at is None else f"{posixpath.join(folder, at.file)}:{at.line}"


def ordered(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Each finding once: by place in the file, then by severity; what has no place comes first."""

    def key(d: Diagnostic) -> tuple[str, int, int]:
        return (d.at.file if d.at else "", d.at.line if d.at else 0, _ORDER.index(d.severity))

    return sorted(dict.fromkeys(diagnostics), key=key)


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """How many of each severity, in words; empty when there is nothing.

    >>> summary([Diagnostic("PG201", "loss", "a"), Diagnostic("PG201", "loss", "b")])
    '2 losses'
    """
    counts = Counter(d.severity for d in diagnostics)
    plural = {"error": "errors", "loss": "losses", "warning": "warnings", "note": "notes"}
    words = [f"{counts[s]} {s if counts[s] == 1 else plural[s]}" for s in _ORDER if counts[s]]
    return ", ".join(words)


def text(diagnostics: Iterable[Diagnostic], *, folder: str = "", colour: bool = False) -> str:
    """One line per finding and one for its help; the same finding at several places is explained once.

    >>> print(text([Diagnostic("PG201", "loss", "no catch-up", At(file="a.py", line=3), "allow it")]), end="")
    a.py:3: loss PG201 no catch-up
      help: allow it
    """

    def paint(code: str, words: str) -> str:
        return f"\033[{code}m{words}\033[0m" if colour else words

    found = ordered(diagnostics)
    last_with_help = {(d.code, d.help): number for number, d in enumerate(found)}
    lines: list[str] = []
    for number, d in enumerate(found):
        where = printable(place(d.at, folder))
        target = f"[{d.target}] " if d.target else ""
        start = f"{paint('1', where)}: " if where else ""
        severity = paint(_COLOUR[d.severity], d.severity)
        lines += _indented(f"{start}{severity} {d.code} {target}", d.message)
        if d.help and last_with_help[d.code, d.help] == number:
            lines += _indented(f"  {paint('2', 'help:')} ", d.help)
    return "".join(f"{line}\n" for line in lines)


def _indented(start: str, words: str) -> list[str]:
    """The lines of a message, such as the end of an engine's log; those after the first stand below it."""
    first, *rest = words.split("\n")
    return [start + printable(first), *(f"    {printable(line)}" for line in rest)]


def as_json(diagnostics: Iterable[Diagnostic], *, folder: str = "") -> str:
    """The published JSON form."""
    found = ordered(diagnostics)
    counts = Counter(d.severity for d in found)
    data: Diagnostics = {
        "schema": "pipeglot.diagnostics/1",
        "counts": {severity: counts[severity] for severity in _ORDER},
        "diagnostics": [
            {
                "code": d.code,
                "title": CODES.get(d.code, ""),
                "severity": d.severity,
                "file": posixpath.join(folder, d.at.file) if d.at else None,
                "line": d.at.line if d.at else None,
                "target": d.target,
                "message": d.message,
                "help": d.help,
            }
            for d in found
        ],
    }
    return _dump(data)


def sarif(diagnostics: Iterable[Diagnostic], *, version: str, folder: str = "", source: str = "") -> str:
    """A SARIF 2.1.0 log of one run. `source` is the file to name where a finding has no place of its own."""
    found = ordered(diagnostics)
    codes = sorted({d.code for d in found})
    rules = [{"id": code, "shortDescription": {"text": CODES.get(code, code)}} for code in codes]
    results = [_result(d, codes, folder, source) for d in found]
    driver = {"name": "pipeglot", "version": version, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return _dump({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def _result(d: Diagnostic, codes: Sequence[str], folder: str, source: str) -> dict[str, Any]:
    message = f"{d.message}\n{d.help}" if d.help else d.message
    result: dict[str, Any] = {
        "ruleId": d.code,
        "ruleIndex": codes.index(d.code),
        "level": _LEVEL[d.severity],
        "message": {"text": message},
    }
    file = posixpath.join(folder, d.at.file) if d.at else source
    if file:
        physical: dict[str, Any] = {"artifactLocation": {"uri": quote(file)}}
        if d.at:
            physical["region"] = {"startLine": d.at.line}
        result["locations"] = [{"physicalLocation": physical}]
    properties = {"severity": d.severity, **({"target": d.target} if d.target else {})}
    return {**result, "properties": properties}


def _dump(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
