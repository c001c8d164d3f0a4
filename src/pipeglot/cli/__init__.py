"""The command line: the only package that prints or writes a user's files.

Exit codes: 0 clean; 1 a difference, a loss that is not allowed, stale output, or a run that failed; 2 wrong
usage or invalid input; 3 an engine could not be found, installed or run, or a disk
is full; 70 an error inside pipeglot; 130
interrupted, by Ctrl-C or (a run) by SIGTERM.
Commands import what they need when they run, so that `--help` stays fast.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pipeglot.cli.arguments import parser

if TYPE_CHECKING:
    from pipeglot.core.render import Format

CLEAN, DIFFERENT, INVALID, ENGINE, BUG, INTERRUPTED, PIPE = 0, 1, 2, 3, 70, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code; argparse itself exits with 2 on wrong usage."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    if not sys.stdout.isatty() and hasattr(sys.stdout, "reconfigure"):
        # What programs read is UTF-8 whatever the locale says.
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    args = parser().parse_args(argv)
    try:
        code = _command(args.command)(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has left, as `head` does.
        _silence()
        return PIPE
    except OSError as error:
        from pipeglot.cli.files import FULL

        if error.errno not in FULL:
            return _failed(args, error)
        _silence()
        print(f"error PG340 cannot write the output: {error.strerror}", file=sys.stderr)
        return ENGINE
    except Exception as error:
        return _failed(args, error)
    return code


def _silence() -> None:
    """Keep the interpreter from trying standard output once more, and complaining, at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _command(name: str) -> Callable[[argparse.Namespace], int]:
    match name:
        case "run":
            from pipeglot.cli.run import run

            return run
        case "migrate":
            from pipeglot.cli.migrate import migrate

            return migrate
        case "engines":
            from pipeglot.cli.engines import engines

            return engines
        case "conformance":
            from pipeglot.cli.conformance import conformance

            return conformance
        case "targets":
            from pipeglot.cli.conformance import targets

            return targets
    from pipeglot.cli import commands

    known: dict[str, Callable[[argparse.Namespace], int]] = {
        "compile": commands.compile_,
        "check": commands.check,
        "graph": commands.graph,
        "ir": commands.ir,
        "schema": commands.schema,
    }
    return known[name]


def _failed(args: argparse.Namespace, error: Exception) -> int:
    """Say what went wrong in a user's words, and give the exit code of its kind."""
    from pipeglot.cli.output import exit_code, folder_of, report
    from pipeglot.core.diagnostic import CompileError, EngineError, PipeglotError

    source = getattr(args, "source", "")
    form: Format = getattr(args, "format", "text")
    if isinstance(error, PipeglotError):
        report(error.diagnostics, form, folder=folder_of(source), source=source)
        match error:
            case EngineError():
                return ENGINE
            case CompileError():
                return exit_code(list(error.diagnostics))
            case _:
                return INVALID
    if os.environ.get("PIPEGLOT_DEBUG") == "1":
        traceback.print_exception(error)
    message = f"{type(error).__name__}: {error}".splitlines()[0]
    print(f"pipeglot: error PG349 a bug of pipeglot's own: {message}", file=sys.stderr)
    print("  help: please report it, with what PIPEGLOT_DEBUG=1 shows", file=sys.stderr)
    return BUG
