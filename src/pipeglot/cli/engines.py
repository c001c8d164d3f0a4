"""`pipeglot engines`: make, list and examine the environments that engines run in."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from typing_extensions import TypedDict

from pipeglot import engines as environments
from pipeglot.cli.files import InputError
from pipeglot.cli.output import colour, report
from pipeglot.core.diagnostic import Diagnostic, EngineError
from pipeglot.core.render import printable


def engines(args: argparse.Namespace) -> int:
    """One of the three actions; a problem with an engine gives exit code 3."""
    for name in getattr(args, "engines", ()):
        try:
            environments.spec(name)
        except EngineError as error:
            raise InputError(error.diagnostics) from None
    return {"install": _install, "list": _list, "doctor": _doctor}[args.action](args)


def _install(args: argparse.Namespace) -> int:
    problems: list[Diagnostic] = []
    python = Path(args.python) if args.python else None
    for target in dict.fromkeys(args.engines):
        try:
            with progress(f"installing {target}") as on_line:
                made = environments.install(target, python=python, on_line=on_line)
        except EngineError as error:
            problems += error.diagnostics
        else:
            print(f"{target} {made.version}: ready, {made.python}")
    return _end(problems)


class Line(TypedDict):
    """One engine; `python` is null when it is not installed."""

    engine: str
    version: str
    supported: str
    python: str | None


class Engines(TypedDict):
    """What `engines list --json` prints."""

    schema: Literal["pipeglot.engines/1"]
    engines: list[Line]


def _list(args: argparse.Namespace) -> int:
    found = environments.list_engines()
    if args.json:
        lines: list[Line] = [
            {
                "engine": one.name,
                "version": one.version,
                "supported": one.supported,
                "python": None if one.python is None else str(one.python),
            }
            for one in found
        ]
        data: Engines = {"schema": "pipeglot.engines/1", "engines": lines}
        print(json.dumps(data, indent=2))
        return 0
    for one in found:
        where = "not installed" if one.python is None else str(one.python)
        print(f"{one.name:<14}{one.version:<10}{one.supported:<14}{where}")
    return 0


def _doctor(args: argparse.Namespace) -> int:
    problems: list[Diagnostic] = []
    python = Path(args.engine_python) if args.engine_python else None
    for target in dict.fromkeys(args.engines or [one.target for one in environments.specs()]):
        wrong = environments.doctor(target, python=python)
        problems += wrong
        print(f"{target}: {'cannot be used' if wrong else 'ok'}")
    return _end(problems)


def _end(problems: list[Diagnostic]) -> int:
    sys.stdout.flush()
    report(problems)
    return 3 if problems else 0


@contextlib.contextmanager
def progress(words: str) -> Iterator[Callable[[str], None]]:
    """Show that something long goes on: a spinner with its last line on a terminal, elsewhere one line."""
    if not colour(sys.stderr):
        print(words, file=sys.stderr, flush=True)
        yield lambda line: None
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)
    with console.status(Text(words)) as status:
        room = max(console.width - len(words) - 8, 10)
        yield lambda line: status.update(Text(f"{words}: {printable(line, room)}"))
