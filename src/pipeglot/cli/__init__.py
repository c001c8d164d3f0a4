"""The command line: the only package that prints or writes a user's files.

Exit codes: 0 clean; 1 a difference, a loss that is not allowed, stale output, or a run that failed; 2 wrong usage or
invalid input; 3 an engine could not be found, installed or run, or a disk is full; 70 an error inside pipeglot; 130
interrupted, by Ctrl-C or (a run) by SIGTERM; 141 whoever read the output has left.
Commands import what they need when they run, so that `--help` stays fast, and an interrupt finds somebody who answers it.
"""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False  # as type checkers know it, without the import of `typing`
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from pipeglot.core.render import Format

CLEAN, DIFFERENT, INVALID, ENGINE, BUG, INTERRUPTED, PIPE = 0, 1, 2, 3, 70, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code; argparse itself exits with 2 on wrong usage."""
    with _Interruptible():
        for name in ("stdout", "stderr"):
            if getattr(sys, name) is None:  # closed by whoever started us
                setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        if not sys.stdout.isatty() and hasattr(sys.stdout, "reconfigure"):
            # What programs read is UTF-8 whatever the locale says.
            sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
        from pipeglot.cli.arguments import parser

        args = parser().parse_args(argv)
        command = _command(args.command)
    try:
        return _done(args, command)
    except KeyboardInterrupt:
        with _Interruptible():
            _tell("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has left, as `head` does.
        _silence()
        return PIPE
    except OSError as error:
        _silence()
        _tell(f"error PG340 cannot write the output: {error.strerror}")
        return ENGINE


def script() -> int:
    """`main` as a program of its own: what interrupts it at its exit ends it at once."""
    code = main()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda *_: os._exit(code))
    return code


def _done(args: argparse.Namespace, command: Callable[[argparse.Namespace], int]) -> int:
    """Run a command. Raises OSError when what it, or its failure, has to say finds no room or no reader."""
    from pipeglot.cli.files import FULL

    try:
        code = command(args)
        sys.stdout.flush()
    except Exception as error:
        if isinstance(error, BrokenPipeError) or (isinstance(error, OSError) and error.errno in FULL):
            raise
        code = _failed(args, error)
        sys.stdout.flush()
    return code


class _Interruptible:
    """While nothing is begun, or all is done, an interrupt ends this process at once and in silence.

    An exception would do so in the midst of somebody's import, with a traceback.
    """

    def __enter__(self) -> None:
        self._ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        try:
            if self._ours:
                signal.signal(signal.SIGINT, _stop)
        except ValueError:  # only the main thread is interrupted
            self._ours = False

    def __exit__(self, *_: object) -> None:
        if self._ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def _stop(number: int, frame: object) -> None:
    try:
        os.write(2, b"interrupted\n")
    finally:
        os._exit(INTERRUPTED)


def _tell(line: str) -> None:
    """A line on standard error, unless that is full or gone, too."""
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


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
        case "explain":
            from pipeglot.cli.explain import explain

            return explain
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
        import traceback

        traceback.print_exception(error)
    message = f"{type(error).__name__}: {error}".splitlines()[0]
    print(f"pipeglot: error PG349 a bug of pipeglot's own: {message}", file=sys.stderr)
    print("  help: please report it, with what PIPEGLOT_DEBUG=1 shows", file=sys.stderr)
    return BUG
