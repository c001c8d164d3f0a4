"""`pipeglot migrate collect`: a run that was done before, from a live engine, as a record."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeglot.cli import files
from pipeglot.cli.commands import load
from pipeglot.cli.output import folder_of, report
from pipeglot.cli.params import given
from pipeglot.cli.redacted_output import RedactedOutput, hidden
from pipeglot.codegen.names import identifier
from pipeglot.core.render import printable

if TYPE_CHECKING:
    from pipeglot.migrate.collect.api import Api


def collect(args: argparse.Namespace) -> int:
    """Read the run and write its record; exit code 0 however the run ended."""
    with hidden() as shown:
        return _collected(args, shown)


def _collected(args: argparse.Namespace, shown: RedactedOutput) -> int:
    from pipeglot.migrate.collect import collect as collected
    from pipeglot.migrate.collect.api import RunQuery
    from pipeglot.migrate.matching import read_mapping

    secret = _secret(args)
    loaded = load(args.source)
    shown.declare(loaded.pipeline, {"SECRET": secret})  # its own variable may have any name
    params = given(loaded.pipeline, args.param, args.params)
    mapping = read_mapping(Path(args.map)) if args.map else None
    out = args.out or str(Path("build", "migrate", identifier(loaded.pipeline.name), "collected.json"))
    if out != "-":
        files.destination(out, [args.source, *filter(None, [args.map, args.params])], option="--out")
    report(loaded.diagnostics, folder=folder_of(args.source))
    asked = RunQuery(args.run, args.name)
    record = collected(loaded.pipeline, args.engine, _api(args, secret), asked, mapping, params)
    record = shown.masks.model(record)
    people = sys.stderr if out == "-" else sys.stdout
    said = f"{record.pipeline}: {record.engine} {record.engine_version} {record.state}"
    for line in (f"{said}, {len(record.calls)} call instances", *(f"  {note}" for note in record.notes)):
        print(printable(line, 500), file=people)
    if out == "-":
        shown.stdout.write(record.to_json())
        shown.stdout.flush()
    else:
        files.write({Path(out): record.to_json()})
        print(f"wrote {out}")
    return 0


def _secret(args: argparse.Namespace) -> str:
    """The token or password in the environment variable that the command line names; empty without one."""
    if (args.user is None) != (args.password_env is None):
        raise files.fail("PG342", "--user and --password-env go together")
    if args.token_env is not None and args.user is not None:
        raise files.fail("PG342", "--token-env and --user are two ways to sign in", "choose one")
    name = args.token_env if args.token_env is not None else args.password_env
    if name is None:
        return ""
    if not os.environ.get(name):
        # A token typed in place of a name would be shown here: the name is not repeated.
        option = "--token-env" if args.token_env is not None else "--password-env"
        way_out = f"{option} takes the NAME of a variable that holds it, never the value itself"
        raise files.fail(
            "PG342", f"the environment has no variable of the name that {option} says, or an empty one", way_out
        )
    return os.environ[name]


def _api(args: argparse.Namespace, secret: str) -> Api:
    from pipeglot.migrate.collect import with_password, with_token
    from pipeglot.migrate.collect.api import Api

    api = Api(args.url, timeout=args.timeout)
    if args.token_env is not None:
        return with_token(args.engine, api, secret)
    return api if args.user is None else with_password(args.engine, api, args.user, secret)
