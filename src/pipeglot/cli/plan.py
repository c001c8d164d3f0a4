"""`pipeglot migrate plan`: what a migration takes, without running anything."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pipeglot.cli import files
from pipeglot.cli.commands import load
from pipeglot.cli.output import folder_of, report


def plan(args: argparse.Namespace) -> int:
    """Write the plan as Markdown, or as JSON; exit code 0 when it says to migrate, 1 when there are conditions or reasons
    to stay."""
    from pipeglot.migrate.matching import read_mapping
    from pipeglot.migrate.planning.build import make_plan
    from pipeglot.migrate.planning.text import markdown

    inputs = [args.source.partition(":")[0], *(args.old.split(":")[1:2])]
    out = None if args.out is None else files.destination(args.out, inputs, option="--out")
    data = None if args.json in (None, "-") else files.destination(args.json, inputs, option="--json")
    if out is not None and out == data:
        raise files.fail("PG342", "--out and --json name one file", "name two")
    loaded = load(args.source)
    python = Path(args.old_python) if args.old_python else None
    mapping = read_mapping(Path(args.map)) if args.map else None
    made = make_plan(loaded.pipeline, args.old, args.new, source=args.source, old_python=python, mapping=mapping)
    report(loaded.diagnostics, folder=folder_of(args.source))
    wanted: dict[Path, str] = {}
    if out is not None:
        wanted[out] = markdown(made)
    if data is not None:
        wanted[data] = made.to_json()
    files.write(wanted)
    if args.json == "-":
        sys.stdout.write(made.to_json())
    elif out is None:
        sys.stdout.write(markdown(made))
    else:
        print(f"{made.verdict}: {made.why}")
    if args.json != "-":
        print("".join(f"wrote {name}\n" for name in (args.out, args.json) if name), end="")
    return 0 if made.verdict == "migrate" else 1
