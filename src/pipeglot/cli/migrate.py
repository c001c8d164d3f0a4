"""`pipeglot migrate`: the old and the new engine side by side."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pipeglot.cli import display, files
from pipeglot.cli.commands import load
from pipeglot.cli.output import folder_of, report
from pipeglot.cli.params import given
from pipeglot.cli.redacted_output import RedactedOutput, hidden
from pipeglot.cli.run import instant, terminable
from pipeglot.codegen.names import identifier
from pipeglot.compare.model import Report, named
from pipeglot.core.ir import Cron
from pipeglot.core.render import printable

EXIT = {"equivalent": 0, "diverged": 1, "inconclusive": 3}
_SHOWN = 20


def migrate(args: argparse.Namespace) -> int:
    """One of the actions."""
    action: Callable[[argparse.Namespace], int]
    match args.action:
        case "dry-run":
            action = _dry_run
        case "history":
            action = _history
        case "collect":
            from pipeglot.cli.collect import collect as action
        case "plan":
            from pipeglot.cli.plan import plan as action
        case other:
            assert other == "schedule"
            from pipeglot.cli.schedule import schedule as action
    return action(args)


def _dry_run(args: argparse.Namespace) -> int:
    """Run both sides, print the verdict, write the reports; exit code 0, 1 or 3 as the verdict is, 130 when it was
    cut short."""
    with terminable(), hidden() as shown:
        return _compared(args, shown)


def _compared(args: argparse.Namespace, hiding: RedactedOutput) -> int:
    from pipeglot.compare.ignore import Rules, read_rules
    from pipeglot.migrate.dryrun import DryRunOptions, dry_run
    from pipeglot.migrate.history import remember, usable
    from pipeglot.migrate.matching import read_mapping
    from pipeglot.migrate.sides import read_record, side

    loaded = load(args.source)
    hiding.declare(loaded.pipeline, dict(args.env))
    params = given(loaded.pipeline, args.param, args.params)
    date = None if args.logical_date is None else instant(args.logical_date)
    rules = read_rules(Path(args.rules)) if args.rules else Rules()
    mapping = read_mapping(Path(args.map)) if args.map else None
    old, new = (
        side(spec, python=Path(python) if python else None, mode=args.mode, timeout=args.timeout, mapping=mapping)
        for spec, python in ((args.old, args.old_python), (args.new, args.new_python))
    )
    choices = DryRunOptions(
        repeat=args.repeat,
        rules=rules,
        tolerance=args.tolerance,
        allow=args.allow,
        effects=args.effects,
        replay=read_record(Path(args.replay)) if args.replay else None,
        required=args.require,
        inject=args.inject,
        env=dict(args.env),
    )
    folder = Path(args.out) if args.out else Path("build", "migrate", identifier(loaded.pipeline.name))
    wanted = {name: folder / name for name in ("dryrun.json", "report.md", "report.html")}
    for path in wanted.values():
        files.writable(path)
    history = Path(args.history)
    usable(history)
    report(loaded.diagnostics, folder=folder_of(args.source))
    stop = threading.Event()
    with display.display(sys.stdout, f"{loaded.pipeline.name}: {args.old} and {args.new}") as shown:
        found = dry_run(
            loaded.pipeline,
            old,
            new,
            choices,
            params=params,
            logical_date=date,
            path=[Path(loaded.base), *(Path(folder).absolute() for folder in args.path)],
            on_event=lambda name, event: shown.update(
                f"{name} {event['task']}",
                tuple(event["index"]),
                display.said(event["state"]),
                event.get("attempt") or 0,
                "",
            ),
            stop=stop,
            meanwhile=_prepared,
        )
    files.write({wanted[name]: text for name, text in _reports(found)})
    timing = loaded.pipeline.schedule.timing if loaded.pipeline.schedule else None
    zone = timing.timezone if isinstance(timing, Cron) else "UTC"
    remember(history, found, wanted["dryrun.json"], timezone=zone)
    for line in _summary(found):
        print(line)
    print("".join(f"wrote {path}\n" for path in wanted.values()), end="")
    return 130 if stop.is_set() else EXIT[found.verdict]


def _history(args: argparse.Namespace) -> int:
    """The dry-runs so far; exit code 0 when every pipeline shown is ready to be cut over, else 1."""
    from pipeglot.migrate.history import History, read_history, readiness

    entries = read_history(Path(args.history), args.pipeline)
    said = readiness(entries, args.need)
    if args.json:
        data: History = {"schema": "pipeglot.history/1", "dry_runs": entries, "readiness": said}
        print(json.dumps(data, indent=2, ensure_ascii=False, default=vars))
    else:
        for entry in entries:
            sides = f"{entry.old} -> {entry.new}"
            print(printable(f"{entry.started}  {entry.pipeline}  {sides}  {entry.verdict}: {entry.why}", 300))
        for one in said:
            print(printable(str(one), 300))
    return 0 if said and all(one.ready for one in said) else 1


def _prepared() -> None:
    from pipeglot.migrate.report import prepare

    prepare()


def _reports(found: Report) -> Iterator[tuple[str, str]]:
    from pipeglot.migrate.report import html, markdown

    yield "dryrun.json", found.to_json()
    yield "report.md", markdown(found)
    yield "report.html", html(found)


def _summary(found: Report) -> Iterator[str]:
    yield f"{printable(found.pipeline)}: {found.verdict.upper()}: {printable(found.why, 500)}"
    for name, side in (("old", found.old), ("new", found.new)):
        if side.record is not None:
            took = display.lasted(side.record.started, side.record.ended)
            yield f"  {name}: {side.engine} {side.engine_version} {side.record.state}{f' in {took}' if took else ''}"
    yield from _findings(found)
    yield from _first((printable(str(flaky), 300) for flaky in found.flaky), "flaky")
    for failure in found.injected:
        for one in failure.differences[:3]:
            yield f"  {printable(str(one), 300)}"
        if len(failure.differences) > 3:
            yield f"  and {len(failure.differences) - 3} more when {printable(failure.name)}"
        for problem in failure.problems:
            yield f"  not compared when {printable(failure.name)}: {printable(problem, 300)}"
    masked = (
        f"not counted ({one.why}): {printable(str(one.difference), 200)}: {printable(one.reason, 200)}"
        for one in found.masked
    )
    yield from _first(masked, "not counted")
    for gap in found.not_compared:
        calls = f" ({len(gap.calls)} calls)" if gap.calls else ""
        yield f"  not compared: {printable(f'{gap.what}{calls}: {gap.why}', 300)}"
    for lack in found.not_exercised:
        calls = f" ({_some(lack.calls)})" if lack.calls else ""
        yield f"  not exercised: {printable(f'{lack.what}{calls}: {lack.why}; {lack.how}', 300)}"


def _first(lines: Iterable[str], what: str) -> Iterator[str]:
    """As many lines as are shown, and how many more there are."""
    told = list(lines)
    yield from (f"  {line}" for line in told[:_SHOWN])
    if len(told) > _SHOWN:
        yield f"  {what}: {len(told) - _SHOWN} more, in the report"


def _findings(found: Report) -> Iterator[str]:
    """Causes, and in a line what follows from each."""
    left = _SHOWN
    for number, finding in enumerate(found.findings):
        if not left:
            yield f"  and {len(found.findings) - number} more findings, in the report"
            return
        causes = [found.differences[number] for number in finding.cause]
        for one in causes[:left]:
            yield f"  {printable(str(one), 300)}"
        if len(causes) > left:
            yield f"  and {len(causes) - left} more, in the report"
        left = max(0, left - len(causes))
        follow = [found.differences[number] for number in finding.consequences]
        if follow:
            yield f"    and what follows: {len(follow)} more in {_some(dict.fromkeys(named(one.call) for one in follow))}"


def _some(names: Iterable[str]) -> str:
    told = [printable(name, 60) for name in names]
    return ", ".join(told[:3]) + (f" and {len(told) - 3} more" if len(told) > 3 else "")
