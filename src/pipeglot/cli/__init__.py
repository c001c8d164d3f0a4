"""The command line: the only package that prints or writes a user's files.

Exit codes: 0 clean; 1 a difference, a loss that is not allowed, stale output, or a run that failed; 2 wrong usage or
invalid input; 3 an engine could not be found, installed or run; 70 an error inside pipeglot; 130 interrupted.
Commands import what they need when they run, so that `--help` stays fast.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from pipeglot.cli.arguments import parser

CLEAN, DIFFERENT, INVALID, ENGINE, BUG, INTERRUPTED, PIPE = 0, 1, 2, 3, 70, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code; argparse itself exits with 2 on wrong usage."""
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
        # Whoever read our output has left (`| head`); keep the interpreter from complaining about it at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return PIPE
    except Exception as error:
        return _failed(args, error)
    return code
