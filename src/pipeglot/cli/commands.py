"""The commands that look at a pipeline without running it."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

from pipeglot.cli import files
from pipeglot.cli.output import report
from pipeglot.core.diagnostic import AuthoringError, CompileError, Diagnostic, accept, blocking
from pipeglot.core.load import Loaded
from pipeglot.core.render import summary


def folder_of(source: str) -> str:
    """The folder that places in a source's diagnostics are relative to, as seen from here; empty when it is here."""
    path = source.rpartition(":")[0] if not os.path.exists(source) and ":" in source else source
    folder = os.path.relpath(os.path.dirname(os.path.abspath(path))) if os.path.exists(path) else "."
    return "" if folder == "." else Path(folder).as_posix()


def load(source: str) -> Loaded:
    """A pipeline and all there is to say about it. Raises AuthoringError with everything when it is not valid."""
    from pipeglot.core.check import check
    from pipeglot.core.load import load as read

    # What the author's file prints while it is imported is not our output.
    with contextlib.redirect_stdout(sys.stderr):
        loaded = read(source)
    found = [*loaded.diagnostics, *check(loaded.pipeline)]
    if any(d.severity == "error" for d in found):
        raise AuthoringError(found)
    return replace(loaded, diagnostics=found)


def compile_(args: argparse.Namespace) -> int:
    """Write, print or compare the code of each target; nothing is written unless every target compiles."""
    from pipeglot import backends

    if args.stdout and (args.check or args.format != "text"):
        raise files.fail("PG342", "--stdout prints the files alone: it does not go with --check or --format")
    loaded = load(args.source)
    found, refused, compiled = list(loaded.diagnostics), [], []
    for target in dict.fromkeys(args.target):
        try:
            one = backends.compile(loaded.pipeline, target, allow=args.allow)
        except CompileError as error:
            refused += error.diagnostics
        else:
            compiled.append(one)
            found += one.diagnostics
    if refused:
        raise CompileError([*found, *refused])
    folders = [_folder(args.out, one.target, len(compiled)) for one in compiled]
    if args.check:
        return _check_files(args, found, [(f, one.files) for f, one in zip(folders, compiled, strict=True)])
    if args.stdout:
        ...
    return 0
