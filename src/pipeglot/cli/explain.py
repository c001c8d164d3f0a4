"""`pipeglot explain`: from a line of generated code to what the author wrote."""

from __future__ import annotations

import argparse
from pathlib import Path, PurePath

from pipeglot.backends.base import Compiled
from pipeglot.cli import files
from pipeglot.cli.commands import load, options
from pipeglot.cli.output import folder_of, report
from pipeglot.codegen.origin import Origin, behind
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import At, Pipeline
from pipeglot.core.render import printable
from pipeglot.migrate.planning.fields import title

MOST = 20
"""How much is told of a line: one that calls of a step share may be there for thousands."""


def explain(args: argparse.Namespace) -> int:
    """Say which call and attribute a generated line is there for, and where the author wrote them."""
    path, colon, number = args.line.rpartition(":")
    if not colon or not number.isdecimal() or not int(number):
        raise files.fail("PG342", f"{args.line!r} names no line of a file", "write it as FILE:LINE")
    text = files.read(path)
    if int(number) > len(text.splitlines()):
        raise files.fail("PG342", f"{path} has {len(text.splitlines())} lines")
    loaded = load(args.source)
    compiled, name = _made(loaded.pipeline, path, text, args)
    folder = folder_of(args.source)
    if compiled.files[name] != text:
        stale = Diagnostic("PG343", "warning", f"{path} is stale", None, "write it again with `pipeglot compile`")
        report([stale], folder=folder)
    line = _line_now(text, compiled.files[name], int(number), path)
    print(f"{path}:{number}: {printable(text.splitlines()[int(number) - 1].strip(), 200)}")
    found = behind(compiled.origins, name, line)
    told = [*dict.fromkeys(_told(one, line, folder) for one in found)]
    for each in told[:MOST]:
        print(f"  {each}")
    if len(told) > MOST:
        print(f"  and {len(told) - MOST} more")
    if not found:
        print(f"  {_without(compiled)}")
    return 0


def _made(pipeline: Pipeline, path: str, text: str, args: argparse.Namespace) -> tuple[Compiled, str]:
    """The compilation that has this file, and its name there: the one with the same text, else one with its name."""
    from pipeglot import backends

    asked = args.target or sorted(backends.targets())
    found: list[tuple[Compiled, str]] = []
    for target in asked:
        one = backends.get(target).compile(pipeline, options(asked, args.option, target))
        found += [(one, name) for name in one.files if PurePath(name).name == Path(path).name]
    same = [(one, name) for one, name in found if one.files[name] == text]
    if len(same) == 1 or (not same and len(found) == 1):
        return (same or found)[0]
    if not found:
        message = f"{pipeline.name} is compiled to no file that is called {Path(path).name}"
        raise files.fail("PG342", message, "name the pipeline that it was made from")
    names = ", ".join(one.target for one, _ in found)
    raise files.fail("PG342", f"{path} may be of several targets: {names}", "name one with --target")


def _line_now(text: str, now: str, number: int, path: str) -> int:
    """The line of what is compiled now that a line of the file is: the same one, or the only one like it."""
    old, new = text.splitlines(), now.splitlines()
    if number <= len(new) and new[number - 1] == old[number - 1]:
        return number
    alike = [place for place, line in enumerate(new, 1) if line == old[number - 1]]
    if len(alike) != 1:
        raise files.fail("PG343", f"line {number} of {path} is not what the pipeline is compiled to now", "compile it")
    return alike[0]


def _told(one: Origin, line: int, folder: str) -> str:
    what = f"{one.node}: " if one.node else "the pipeline: "
    words = (
        "the author's own code"
        if one.attribute == "SourceFragment.text"
        else one.attribute and title(one.attribute).title
    )
    return f"{what}{words or ''}".removesuffix(": ") + _place(one.author(line), folder)


def _place(at: At | None, folder: str) -> str:
    """Where the author wrote it, with the line where it can be read."""
    if at is None:
        return ""
    path = Path(folder, at.file)
    try:
        written = path.read_text(encoding="utf-8").splitlines()[at.line - 1].strip()
    except (OSError, UnicodeDecodeError, IndexError):
        written = ""
    return f", {path.as_posix()}:{at.line}" + (f": {printable(written, 200)}" if written else "")


def _without(compiled: Compiled) -> str:
    if not compiled.origins:
        return f"the target {compiled.target} does not say what its lines are there for"
    return "a helper, an import or the like: nothing that the author wrote"
