"""How the command line speaks: streams, colour, diagnostics."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from importlib.metadata import version
from typing import TextIO

from pipeglot.core import render
from pipeglot.core.diagnostic import Diagnostic


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
    """Print diagnostics: as text to `stream` (default standard error), as JSON or SARIF to standard output."""
    found = list(diagnostics)
    match form:
        case "json":
            sys.stdout.write(render.as_json(found, folder=folder))
        case "sarif":
            log = render.sarif(found, version=version("pipeglot"), folder=folder, source=source)
            sys.stdout.write(log)
        case "text":
            stream = stream or sys.stderr
            stream.write(render.text(found, folder=folder, colour=colour(stream)))
