"""What can be typed: commands, their arguments and their help."""

from __future__ import annotations

import argparse
import os
import sys

from pipeglot.cli.argument_types import code, duration, option, positive, seconds, share, variable
from pipeglot.cli.formats import FORMATS
from pipeglot.core.version import __version__

TYPE_CHECKING = False  # as type checkers know it, without the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SOURCE = "FILE.py, FILE.py:NAME, package.module:NAME, or a pipeline's JSON (no code of it is run)"


class _Help(argparse.HelpFormatter):
    """Help as wide as the terminal, which argparse would import `shutil` to ask: it makes one of these for every argument."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    """The width of the terminal, as `shutil.get_terminal_size` says it."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return 80


class _Parser(argparse.ArgumentParser):
    def __init__(self, **words: Any) -> None:
        super().__init__(formatter_class=_Help, **words)


class Command(_Parser):
    """A command, whose arguments are put together when it is the one that was typed."""

    def __init__(self, *, arguments: Callable[[argparse.ArgumentParser], None], **words: Any) -> None:
        super().__init__(**words)
        self._arguments: Callable[[argparse.ArgumentParser], None] | None = arguments

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        if self._arguments is not None:
            self._arguments(self)
            self._arguments = None
        return super().parse_known_args(args, namespace)


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    root = _Parser(
        prog="pipeglot",
        description="Write a pipeline once in Python; compile it to an engine's code; run it anywhere.",
        epilog="Exit codes: 0 clean; 1 difference, loss, stale output, failed run; 2 bad input; 3 engine failed or disk full; "
        "70 an error inside pipeglot; 130 interrupted.",
        allow_abbrev=False,
    )
    root.add_argument("--version", action="version", version=f"pipeglot {__version__}")
    commands = root.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=Command, prog=root.prog
    )

    def command(name: str, arguments: Callable[[argparse.ArgumentParser], None], about: str) -> None:
        commands.add_parser(name, help=about, description=about, allow_abbrev=False, arguments=arguments)

    command("compile", _compile, "Write the code of a target.")
    command("check", _check, "Check a pipeline and print all diagnostics.")
    command("run", _run, "Run a pipeline here or on an engine, and record what it did.")
    command("migrate", _migrate, "Compare a pipeline's runs on two engines.")
    command("graph", _graph, "Draw a pipeline.")
    command("explain", _explain, "Explain what a line of generated code is for, and where the author wrote it.")
    command("targets", _targets, "Show what each target can do, as measured on its engine.")
    command("conformance", _conformance, "Run the conformance suite on a target, ours or a plug-in's.")
    command("engines", _engines, "Make and inspect the engines' Python environments.")
    command("ir", _ir, "Print a pipeline as JSON, the format every command reads.")
    command("schema", _schema, "Print the JSON Schema of a published format.")
    return root


def _actions(parser: argparse.ArgumentParser) -> Any:
    return parser.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=_Parser, prog=parser.prog)


_SIDES = "a target, local, record:FILE, or native code as TARGET[@RELEASE]:FILE[:NAME]"


def _source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", help=SOURCE)


def _many(parser: argparse.ArgumentParser, *flags: str, **words: Any) -> None:
    """An option that may be given more than once."""
    parser.add_argument(*flags, action="append", default=[], **words)


def _params(parser: argparse.ArgumentParser, one: str = "a parameter, repeatable", all: str = "parameters") -> None:
    _many(parser, "-p", "--param", metavar="NAME=VALUE", help=one)
    parser.add_argument("--params", metavar="FILE", help=f"{all} as a JSON object; -p wins over it")


def _logical_date(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--logical-date", metavar="TIME", help="ISO 8601 with a time zone (default: now)")


def _map(parser: argparse.ArgumentParser) -> None:
    help = "which call each native task stands for (TOML), where names differ"
    parser.add_argument("--map", metavar="FILE", help=help)


def _sides(parser: argparse.ArgumentParser, sides: str) -> None:
    for side, which in (("old", "the side that is right"), ("new", "the side that is examined")):
        parser.add_argument(f"--{side}", metavar="SIDE", required=True, help=f"{which}: {sides}")


def _pythons(parser: argparse.ArgumentParser) -> None:
    for side in ("old", "new"):
        parser.add_argument(f"--{side}-python", metavar="PATH", help=f"a Python that has the {side} side's engine")


def _report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=["text", "json", "sarif"],
        default="text",
        help="form of the diagnostics: text (default), or JSON or SARIF 2.1.0 on standard output",
    )


def _allow(parser: argparse.ArgumentParser) -> None:
    _many(parser, "--allow", metavar="CODE", type=code, help="accept a named loss, as PG214")


def _options(parser: argparse.ArgumentParser) -> None:
    _many(
        parser,
        "--option",
        "-O",
        metavar="[T.]NAME=VALUE",
        type=option,
        help="what a target lets you choose (`pipeglot targets --options`), of target T or of all; repeatable",
    )


def _compile(parser: argparse.ArgumentParser) -> None:
    _source(parser)
    parser.add_argument(
        "--target", "-t", metavar="T", action="append", required=True, help="a target (`pipeglot targets`); repeatable"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--out",
        "-o",
        metavar="DIR",
        help="folder to write to (default build/TARGET; with several targets, DIR/TARGET each)",
    )
    where.add_argument("--stdout", action="store_true", help="print the files instead of writing them")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 with a diff when the files are stale"
    )
    parser.add_argument(
        "--emit", metavar="FORM", help="short for --option emit=FORM: what form of output a target writes"
    )
    _options(parser)
    _allow(parser)
    _report(parser)


def _check(parser: argparse.ArgumentParser) -> None:
    _source(parser)
    _many(parser, "--target", "-t", metavar="T", help="check for this target too; repeatable")
    _options(parser)
    _allow(parser)
    _report(parser)


def _explain(parser: argparse.ArgumentParser) -> None:
    _source(parser)
    parser.add_argument("line", metavar="FILE:LINE", help="a line of a file that was compiled from it")
    _many(
        parser,
        "--target",
        "-t",
        metavar="T",
        help="the target that it was compiled for (default: the one that gives this file)",
    )
    _options(parser)


def _run(parser: argparse.ArgumentParser) -> None:
    _source(parser)
    parser.add_argument(
        "--on", metavar="ENGINE", default="local", help="local (default), or a target, also as TARGET@RELEASE"
    )
    _params(parser)
    parser.add_argument("--record", metavar="FILE", help="write the record of the run as JSON (- for standard output)")
    _logical_date(parser)
    parser.add_argument("--max-workers", metavar="N", type=positive, help="calls at the same time (local)")
    _engine(parser)
    parser.add_argument("--requirements", metavar="FILE", help="what the steps need installed beside the engine")
    _options(parser)
    _allow(parser)


def _engine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--mode",
        choices=["test", "multiprocess", "server"],
        help="the engine's quickest way to run (default), a process per task, or its real server and scheduler, as far"
        " as it has them",
    )
    parser.add_argument("--engine-python", metavar="PATH", help="a Python that has the engine, instead of pipeglot's")
    _timeout(parser)


def _timeout(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--timeout",
        metavar="TIME",
        type=duration,
        help="how long an engine's run may take: 30s, 5m, 2h (default: an hour more than the pipeline's own limits)",
    )


def _migrate(parser: argparse.ArgumentParser) -> None:
    actions = _actions(parser)
    about = "run the old and the new side in parallel and compare what they did"
    dry = actions.add_parser("dry-run", help=about, description=about, allow_abbrev=False)
    _source(dry)
    _sides(dry, _SIDES)
    _params(dry)
    _logical_date(dry)
    dry.add_argument(
        "--repeat", metavar="N", type=positive, default=1, help="runs of each side; noise of the old one is masked"
    )
    _many(
        dry,
        "--env",
        metavar="NAME=VALUE",
        type=variable,
        help="an environment variable of the steps on both sides, repeatable; each side has an empty HOME of its own",
    )
    _map(dry)
    _many(dry, "--path", metavar="FOLDER", help="a further folder to import from, repeatable")
    dry.add_argument(
        "--rules",
        "--ignore",
        dest="rules",
        metavar="FILE",
        help="rules (TOML): known differences, each with a reason and an end; keys of tables; how files are compared",
    )
    dry.add_argument("--tolerance", metavar="X", type=share, default=1e-9, help="relative, for floats (default 1e-9)")
    dry.add_argument(
        "--require",
        choices=["outputs", "states"],
        default="outputs",
        help="what must have been compared for EQUIVALENT: some output (default), or states and order alone",
    )
    dry.add_argument(
        "--effects",
        choices=["refuse", "stub", "run"],
        default="refuse",
        help="calls declared effects=external: refuse the dry-run (default), answer in their place, or do them",
    )
    dry.add_argument("--replay", metavar="RECORD", help="run no step code: every step answers from this record")
    dry.add_argument(
        "--inject", metavar="all|sample:N|CALL", help="also inject failures into calls on both sides, and compare"
    )
    dry.add_argument("--out", "-o", metavar="DIR", help="folder of the reports (default build/migrate/PIPELINE)")
    dry.add_argument("--mode", choices=["test", "server"], default="test", help="as for run, on both sides")
    _pythons(dry)
    _timeout(dry)
    _allow(dry)
    _history(dry)
    _schedule(actions)
    about = "the dry-runs so far, and whether a pipeline is ready to be cut over"
    past = actions.add_parser("history", help=about, description=about, allow_abbrev=False)
    past.add_argument("pipeline", metavar="PIPELINE", nargs="?", help="of this pipeline alone")
    past.add_argument("--need", metavar="N", type=positive, default=5, help="equivalent dates in a row (default 5)")
    past.add_argument("--json", action="store_true", help="as JSON")
    _history(past)
    _plan(actions)
    _collect(actions)


def _plan(actions: Any) -> None:
    about = "say what a migration takes: each attribute on both engines, what is lost, what to do, and the way back"
    parser = actions.add_parser("plan", help=about, description=f"{about}; nothing is run", allow_abbrev=False)
    _source(parser)
    parser.add_argument("--old", metavar="SIDE", required=True, help=f"where it is now: {_SIDES}")
    parser.add_argument("--new", metavar="T", required=True, help="the target it is to move to")
    parser.add_argument(
        "--old-python", metavar="PATH", help="a Python that has the engine which native code is read by"
    )
    _map(parser)
    parser.add_argument("--json", metavar="FILE", help="write the plan as JSON (- for standard output, alone)")
    parser.add_argument("--out", "-o", metavar="FILE.md", help="write the plan as Markdown, instead of printing it")


def _collect(actions: Any) -> None:
    about = "read a run that a live engine has already done into a record, to be a side of a dry-run"
    parser = actions.add_parser("collect", help=about, description=about, allow_abbrev=False)
    _source(parser)
    parser.add_argument(
        "--from", dest="engine", metavar="TARGET", required=True, help="the target whose engine's public API is asked"
    )
    parser.add_argument("--url", metavar="URL", required=True, help="where its server is: https://airflow.example.org")
    parser.add_argument("--run", metavar="ID", required=True, help="the run's id, as the engine shows it")
    parser.add_argument(
        "--name",
        "--dag",
        metavar="NAME",
        help="the DAG, flow, job or pipeline it is a run of, where the id is not enough",
    )
    parser.add_argument("--token-env", metavar="VARIABLE", help="the environment variable that holds a token")
    parser.add_argument("--user", metavar="NAME", help="sign in as this user")
    parser.add_argument("--password-env", metavar="VARIABLE", help="the environment variable that holds the password")
    parser.add_argument("--timeout", metavar="S", type=seconds, default=30.0, help="for each answer (default 30)")
    _map(parser)
    _params(parser, "a parameter the engine does not know", "such parameters")
    parser.add_argument(
        "--out", "-o", metavar="FILE", help="the record (default build/migrate/PIPELINE/collected.json; - prints it)"
    )


def _schedule(actions: Any) -> None:
    about = "compare when the old and the new side start runs, without running anything"
    times = actions.add_parser("schedule", help=about, description=about, allow_abbrev=False)
    _source(times)
    _sides(times, "a target, local (the pipeline's own meaning), or native code as TARGET:FILE[:NAME]")
    times.add_argument(
        "--from", metavar="TIME", dest="at", help="when both are switched on: ISO 8601 with a time zone (default: now)"
    )
    times.add_argument("--count", metavar="N", type=positive, default=20, help="next runs to compare (default 20)")
    _many(
        times,
        "--env",
        metavar="NAME=VALUE",
        type=variable,
        help="an environment variable of both sides' files, repeatable; CRON_SCHEDULE_TIMEZONE is the zone of a KFP server"
        " (default UTC)",
    )
    times.add_argument("--json", metavar="FILE", help="write the comparison as JSON (- for standard output)")
    _pythons(times)


def _history(parser: argparse.ArgumentParser) -> None:
    default = "build/migrate/history.sqlite"
    parser.add_argument("--history", metavar="FILE", default=default, help=f"where dry-runs are kept ({default})")


def _graph(parser: argparse.ArgumentParser) -> None:
    _source(parser)
    parser.add_argument("--format", dest="form", choices=["text", "mermaid", "dot"], default="text")


def _targets(parser: argparse.ArgumentParser) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument("--markdown", action="store_true", help="as a page, with how each feature is done and why not")
    form.add_argument("--options", action="store_true", help="what each target lets you choose, instead")


def _conformance(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--target", "-t", metavar="T", required=True, help="a target (`pipeglot targets`)")
    _many(parser, "-k", metavar="WORD", help="only cases named so in part, or using that feature")
    parser.add_argument("--json", metavar="FILE", help="write the report as JSON (- for standard output)")
    _engine(parser)
    _options(parser)


def _engines(parser: argparse.ArgumentParser) -> None:
    actions = _actions(parser)
    install = actions.add_parser("install", help="make the environments of engines, from committed constraints")
    install.add_argument("engines", metavar="ENGINE", nargs="+")
    install.add_argument("--python", metavar="PATH", help="build on this Python (default: the one that runs this)")
    listing = actions.add_parser("list", help="the environments that exist")
    listing.add_argument("--json", action="store_true", help="as JSON")
    doctor = actions.add_parser("doctor", help="check whether each engine can be used, and why not")
    doctor.add_argument("engines", metavar="ENGINE", nargs="*")
    doctor.add_argument("--engine-python", metavar="PATH", help="look at this Python instead")


def _ir(parser: argparse.ArgumentParser) -> None:
    _source(parser)


def _schema(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", choices=FORMATS, nargs="?", default="pipeline")
