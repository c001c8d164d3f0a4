"""The commands that look at a pipeline without running it."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from pipeglot.author.read import Loaded
from pipeglot.backends.base import Compiled
from pipeglot.cli import files
from pipeglot.cli.formats import json_schema
from pipeglot.cli.output import exit_code, folder_of, report
from pipeglot.core.dataclass import replace
from pipeglot.core.diagnostic import AuthoringError, CompileError, Diagnostic, accept, blocking
from pipeglot.core.render import summary


def load(source: str) -> Loaded:
    """A pipeline and what there is to say about it. Raises AuthoringError with all of it when invalid."""
    from pipeglot.author.read import read
    from pipeglot.core.check import check

    # What the author's file prints while it is imported is not our output.
    with contextlib.redirect_stdout(sys.stderr):
        loaded = read(source)
    found = [*loaded.diagnostics, *check(loaded.pipeline)]
    if any(d.severity == "error" for d in found):
        raise AuthoringError(found)
    return replace(loaded, diagnostics=found)


def compile_(args: argparse.Namespace) -> int:
    """Write, print or compare the code of each target; nothing is written unless every target compiles."""
    if args.stdout and (args.check or args.format != "text"):
        raise files.fail("PG342", "--stdout prints the files alone: it does not go with --check or --format")
    _known(args.target)
    if args.emit:
        args.option.append((None, "emit", args.emit))
    loaded = load(args.source)
    compiled, found = _compile_all(loaded, args)
    if blocking(found):
        raise CompileError(found)
    if args.stdout:
        _print_files([(name, text) for one in compiled for name, text in one.files.items()])
        report(found, folder=folder_of(args.source))
        return 0
    wanted = {
        _inside(args.out, one.target, len(compiled), name): text for one in compiled for name, text in one.files.items()
    }
    if args.check:
        return _compare(args, found, wanted)
    _spare_others(args.source, wanted)
    files.write(wanted)
    report(found, args.format, folder=folder_of(args.source), source=args.source)
    if args.format == "text":
        print("".join(f"wrote {path}\n" for path in wanted), end="")
    return 0


def _known(targets: list[str]) -> None:
    """Raise CompileError for a misspelt target before anything else is done."""
    from pipeglot import backends

    for target in targets:
        backends.get(target)


def options(asked: list[str], chosen: list[tuple[str | None, str, str]], target: str) -> dict[str, str]:
    """What the command line chooses for one of the targets asked for; `T.` before a name means that target alone.

    Raises:
        InputError: a choice for a target that is not asked for.
    """
    for of, name, _ in chosen:
        if of is not None and of not in asked:
            raise files.fail("PG342", f"--option {of}.{name} is for a target that is not asked for")
    return {name: value for of, name, value in chosen if of in (None, target)}


def _compile_all(loaded: Loaded, args: argparse.Namespace) -> tuple[list[Compiled], list[Diagnostic]]:
    """The code of each target that gives any, and what all of them have to say."""
    from pipeglot import backends

    compiled, found = [], accept(loaded.diagnostics, args.allow)
    for target in dict.fromkeys(args.target):
        try:
            one = backends.compile(
                loaded.pipeline, target, allow=args.allow, options=options(args.target, args.option, target)
            )
        except CompileError as error:
            found += error.diagnostics
        else:
            compiled.append(one)
            found += one.diagnostics
    return compiled, found


def _inside(out: str | None, target: str, targets: int, name: str) -> Path:
    """Where a file of a target goes. A backend that names a file outside its folder is a bug."""
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise ValueError(f"{target} gave a file named {name!r}")
    if out is None:
        return Path("build", target, name)
    return Path(out, name) if targets == 1 else Path(out, target, name)


def _spare_others(source: str, wanted: Mapping[Path, str]) -> None:
    """Refuse to overwrite the pipeline's own source, a file written by hand, or one of another pipeline."""
    others = "choose another folder with --out, or remove it"
    for path, text in wanted.items():
        if path.exists() and os.path.exists(source) and path.samefile(source):
            raise files.fail("PG341", f"{path} is the pipeline's own source", others)
        old = _read(path)
        if _maker(text) and old is not None and _maker(old) != _maker(text):
            raise files.fail("PG341", f"{path} was not made from this pipeline", others)


def _read(path: Path) -> str | None:
    try:
        return files.current(path)
    except OSError:
        return None  # writing will say what is in the way


def _maker(text: str) -> str | None:
    """The pipeline that a generated file's header names."""
    found = re.search(r"^# Made by pipeglot from pipeline (.*), digest \w+\.$", text, re.MULTILINE)
    return found and found[1]


def _print_files(named: list[tuple[str, str]]) -> None:
    for name, text in named:
        if len(named) > 1:
            print(f"# ==> {name} <==")
        sys.stdout.write(text)


def _compare(args: argparse.Namespace, found: list[Diagnostic], wanted: Mapping[Path, str]) -> int:
    """Exit code 1, a diff and a diagnostic for every file that is not what would be written now."""
    old = list(files.stale(wanted))
    found = found + [
        Diagnostic("PG343", "warning", f"{path} is stale", None, "write it again with `pipeglot compile`")
        for path, _ in old
    ]
    report(found, args.format, folder=folder_of(args.source), source=args.source)
    if args.format == "text":
        sys.stdout.write("".join(diff for _, diff in old))
    return 1 if old else 0


def check(args: argparse.Namespace) -> int:
    """All diagnostics of a pipeline and of the targets asked about."""
    _known(args.target)
    loaded = load(args.source)
    _, found = _compile_all(loaded, args)
    report(found, args.format, folder=folder_of(args.source), source=args.source, stream=sys.stdout)
    if args.format == "text":
        print(f"{loaded.pipeline.name}: {summary(found) or 'nothing to say'}")
    return exit_code(found)


def graph(args: argparse.Namespace) -> int:
    """A drawing of the pipeline."""
    from pipeglot.core.graph import draw

    sys.stdout.write(draw(load(args.source).pipeline, args.form))
    return 0


def ir(args: argparse.Namespace) -> int:
    """The pipeline's JSON."""
    sys.stdout.write(load(args.source).pipeline.to_json())
    return 0


def schema(args: argparse.Namespace) -> int:
    """The JSON Schema of a published format."""
    sys.stdout.write(json_schema(args.name))
    return 0
