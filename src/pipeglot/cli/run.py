"""`pipeglot run`: the reference run in this process or a run on an engine, watched and recorded."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from types import FrameType
from typing import TextIO

from pipeglot.author.read import Loaded
from pipeglot.cli import display, files
from pipeglot.cli.commands import load, options
from pipeglot.cli.output import folder_of, report
from pipeglot.cli.params import collect
from pipeglot.cli.redacted_output import RedactedOutput, hidden
from pipeglot.core.diagnostic import EngineError
from pipeglot.core.ir import Json, walk
from pipeglot.core.record import Record
from pipeglot.core.render import printable
from pipeglot.core.shape import inline

EXIT = {"succeeded": 0, "failed": 1, "cancelled": 130}


def run(args: argparse.Namespace) -> int:
    """Run a pipeline and write its record; exit code 1 when the run failed, 130 when it was cut short."""
    with terminable(), hidden() as shown:
        return _run(args, shown)


def _run(args: argparse.Namespace, shown: RedactedOutput) -> int:
    _check_arguments(args)
    alone = args.record == "-"
    target = None if alone or args.record is None else files.destination(args.record, _inputs(args))
    loaded = load(args.source)
    shown.declare(loaded.pipeline)
    params = collect(loaded.pipeline, args.param, args.params)
    date = None if args.logical_date is None else instant(args.logical_date)
    report(loaded.diagnostics, folder=folder_of(args.source))
    with _streams(alone) as people:
        if args.on == "local":
            record = _here(loaded, params, date, args, people)
        else:
            record = _on_engine(loaded, params, date, args, people)
        record = shown.masks.model(record)
        if args.on != "local":
            people.writelines(f"{line}\n" for line in display.calls(record))
        people.writelines(f"{line}\n" for line in display.summary(record, _written(loaded, args)))
        if record.result is not None:
            people.write(f"result: {printable(json.dumps(record.result, ensure_ascii=False), 1000)}\n")
    if alone:
        shown.stdout.write(record.to_json())
        shown.stdout.flush()
    elif target:
        files.write({target: record.to_json()})
        print(f"record: {args.record}")
    return EXIT[record.state]


def _written(loaded: Loaded, args: argparse.Namespace) -> dict[str, str]:
    """Where the author wrote each call: an engine's own traceback names lines of the compiled file alone."""
    if args.on == "local":
        return {}
    flat = inline(loaded.pipeline)
    nodes = [*walk(flat.body), *([flat.final.call] if flat.final else [])]
    return {node.id: str(Path(folder_of(args.source), node.at.file)) + f":{node.at.line}" for node in nodes if node.at}


def _inputs(args: argparse.Namespace) -> list[str]:
    """The files that the command line names for reading; a module's is looked for where imports start."""
    path = args.source.rpartition(":")[0] if not Path(args.source).exists() and ":" in args.source else args.source
    module = path.replace(".", "/")
    named = [path, f"{module}.py", f"{module}/__init__.py", args.params, args.requirements]
    return [name for name in named if name]


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM is an interrupt, once: a second one must not keep the record from being written."""
    before = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or before is not signal.SIG_DFL:
        yield  # whoever runs us sees to it
        return
    told = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal told
        if not told:
            told = True
            raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def instant(text: str) -> datetime:
    """A logical date: ISO 8601 with a time zone. Raises InputError.

    >>> instant("2026-01-31T03:00:00+01:00").isoformat()
    '2026-01-31T02:00:00+00:00'
    """
    try:
        value = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise files.fail("PG342", f"{text!r} is not a time", "write it as 2026-01-31T02:00:00Z") from None
    if value.tzinfo is None:
        raise files.fail("PG342", f"{text!r} has no time zone", f"write it as {value.isoformat()}Z for UTC")
    return value.astimezone(timezone.utc)


def _here(
    loaded: Loaded, params: dict[str, Json], date: datetime | None, args: argparse.Namespace, people: TextIO
) -> Record:
    from pipeglot.meaning.run import Event, Interrupted, execute

    with display.display(people, f"{loaded.pipeline.name} on local") as shown:

        def listen(event: Event) -> None:
            shown.update(event.id, event.index, event.word, event.attempt, "")

        try:
            return execute(
                loaded.pipeline,
                params=params,
                logical_date=date,
                listener=listen,
                max_workers=args.max_workers,
                path=[Path(loaded.base)],
            )
        except Interrupted as stopped:
            return stopped.record


def _on_engine(
    loaded: Loaded, params: dict[str, Json], date: datetime | None, args: argparse.Namespace, people: TextIO
) -> Record:
    from pipeglot import engines
    from pipeglot.engines.process import Event
    from pipeglot.engines.run import Request, run_on

    python = Path(args.engine_python) if args.engine_python else None
    try:
        engines.spec(args.on)
        requirements = engines.read_requirements(Path(args.requirements)) if args.requirements else ()
    except EngineError as error:
        raise files.InputError(error.diagnostics) from None
    engine = engines.target_of(args.on)
    started = datetime.now(timezone.utc)
    request = Request(
        loaded.pipeline,
        params=params,
        logical_date=date or started,
        path=[Path(loaded.base)],
        cwd=Path.cwd(),
        allow=args.allow,
        options=options([engine], args.option, engine),
    )
    with display.display(people, f"{loaded.pipeline.name} on {args.on}") as shown:

        def listen(event: Event) -> None:
            shown.update(
                event["task"], tuple(event["index"]), display.said(event["state"]), event.get("attempt") or 0, ""
            )

        try:
            return run_on(
                request,
                args.on,
                mode=args.mode or "test",
                python=python,
                requirements=requirements,
                timeout=args.timeout,
                on_event=listen,
            )
        except KeyboardInterrupt:
            return Record(
                pipeline=loaded.pipeline.name,
                engine=engine,
                engine_version=engines.find(args.on, python=python).version,
                state="cancelled",
                params=params,
                started=started,
                ended=datetime.now(timezone.utc),
                notes=("interrupted: the engine was stopped, and what it had done was not read back",),
            )


def _check_arguments(args: argparse.Namespace) -> None:
    """What speaks of engines alone is no argument of a run here, and the other way round."""
    engine_only = {
        "--mode": args.mode,
        "--engine-python": args.engine_python,
        "--requirements": args.requirements,
        "--timeout": args.timeout,
        "--option": args.option,
    }
    wrong = [name for name, value in engine_only.items() if value] if args.on == "local" else []
    if args.on != "local" and args.max_workers:
        wrong = ["--max-workers"]
    if wrong:
        raise files.fail("PG342", f"{wrong[0]} does not go with --on {args.on}")


@contextlib.contextmanager
def _streams(alone: bool) -> Iterator[TextIO]:
    """Where to speak to people: standard error when the record alone goes to standard output. What steps
    print goes there too."""
    if not alone:
        yield sys.stdout
        return
    with contextlib.redirect_stdout(sys.stderr):
        yield sys.stderr
