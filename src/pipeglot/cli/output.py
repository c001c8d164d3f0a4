"""How the command line speaks: streams, colour, diagnostics."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from pipeglot.core import render
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.version import __version__


def colour(stream: TextIO) -> bool:
    """Whether colour and a moving display are welcome: on a terminal that can, unless NO_COLOR is set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def report(
    diagnostics: Iterable[Diagnostic],
    form: render.Format = "text",
    *,
    folder: str = "",
    source: str = "",
    stream: TextIO | None = None,
) -> None:
    """Print diagnostics: text to `stream` (standard error if None), JSON and SARIF to standard output."""
    found = list(diagnostics)
    match form:
        case "json":
            sys.stdout.write(render.as_json(found, folder=folder))
        case "sarif":
            log = render.sarif(found, version=__version__, folder=folder, source=source)
            sys.stdout.write(log)
        case "text":
            stream = stream or sys.stderr
            stream.write(render.text(found, folder=folder, colour=colour(stream)))


def folder_of(source: str) -> str:
    """The folder that places in a source's diagnostics are relative to, as seen from here; empty for here."""
    path = source.rpartition(":")[0] if not os.path.exists(source) and ":" in source else source
    folder = os.path.relpath(os.path.dirname(os.path.abspath(path))) if os.path.exists(path) else "."
    return "" if folder == "." else Path(folder).as_posix()


def exit_code(found: list[Diagnostic]) -> int:
    """2 with an error among them, 1 with a loss, else 0.

    >>> exit_code([Diagnostic("PG214", "loss", "..."), Diagnostic("PG401", "warning", "...")])
    1
    """
    severities = {d.severity for d in found}
    return 2 if "error" in severities else 1 if "loss" in severities else 0
