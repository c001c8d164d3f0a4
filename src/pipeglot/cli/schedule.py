"""`pipeglot migrate schedule`: when the old and the new engine would start runs, without running anything."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeglot.cli import files
from pipeglot.cli.commands import load
from pipeglot.cli.output import folder_of, report
from pipeglot.cli.run import instant, terminable
from pipeglot.core.render import printable
from pipeglot.migrate.schedule import ScheduleOptions, compare
from pipeglot.migrate.schedule_model import ScheduleComparison, ScheduleDifference, ScheduledRun, ScheduleSide, Section
from pipeglot.migrate.sides import side

EXIT = {"same": 0, "different": 1, "inconclusive": 3}
_SHOWN = 20
_MISSED = 5
_WIDTH = 44


def schedule(args: argparse.Namespace) -> int:
    """Compare both sides and print what they say; exit code 0 when they agree, 1 when they differ, 3 when one cannot
    tell."""
    loaded = load(args.source)
    at = datetime.now(timezone.utc).replace(microsecond=0) if args.at is None else instant(args.at)
    old, new = (
        side(spec, python=Path(python) if python else None)
        for spec, python in ((args.old, args.old_python), (args.new, args.new_python))
    )
    alone = args.json == "-"
    target = None if alone or args.json is None else files.destination(args.json, [args.source], option="--json")
    report(loaded.diagnostics, folder=folder_of(args.source))
    choices = ScheduleOptions(at=at, count=args.count, env=dict(args.env), path=[Path(loaded.base)])
    with terminable():
        found = compare(loaded.pipeline, old, new, choices)
    if alone:
        sys.stdout.write(found.to_json())
    else:
        for line in table(found):
            print(line)
    if target is not None:
        files.write({target: found.to_json()})
        print(f"wrote {args.json}")
    return EXIT[found.verdict]


def table(found: ScheduleComparison) -> Iterator[str]:
    """The comparison as lines of text."""
    yield f"{printable(found.pipeline)}: {found.verdict.upper()}: {printable(found.why, 500)}"
    for name, one in (("old", found.old), ("new", found.new)):
        yield from _side(name, one)
    if not found.sections:
        return
    yield f"  switched on at {_local(found.at, found.zone)}; local times of {printable(found.zone)}, then UTC"
    for section in found.sections:
        yield ""
        yield from _section(section, found)


def _side(name: str, one: ScheduleSide) -> Iterator[str]:
    version = f" {one.engine_version}" if one.engine_version else ""
    spec = "" if one.spec == one.engine else f" ({printable(one.spec)})"
    yield f"  {name}: {printable(one.engine)}{version}{spec}: {printable(one.about, 300) or 'unknown'}"
    for text in (*one.problems, *one.notes):
        yield f"       {printable(text, 500)}"


def _section(section: Section, found: ScheduleComparison) -> Iterator[str]:
    sides = (section.old, section.new)
    match section.name:
        case "missed":
            counts = (_many(runs, side.more_missed) for runs, side in zip(sides, (found.old, found.new), strict=True))
            yield "when switched on, starts at once: old {}, new {}".format(*counts) + _judged(section)
            yield from _rows(section.differences, section.zone, shown=_MISSED)
        case "next":
            yield f"next {max(map(len, sides))} runs" + _judged(section)
            yield from _next(section)
        case "change":
            assert section.change is not None
            count = len(section.old) if len(section.old) == len(section.new) else None
            runs = f"{count} runs" if count is not None else f"old {len(section.old)} runs, new {len(section.new)}"
            at = _local(section.change, section.zone)
            yield f"clocks change at {at} in {printable(section.zone)}, the days around it: {runs}" + _judged(section)
            yield from _rows(section.differences, section.zone)


def _many(runs: tuple[ScheduledRun, ...], more: bool) -> str:
    return f"more than {len(runs):,} runs" if more else f"{len(runs):,} run{'' if len(runs) == 1 else 's'}"


def _judged(section: Section) -> str:
    different = len(section.differences)
    return f": {different:,} DIFFER" if different else ": the same"


def _next(section: Section) -> Iterator[str]:
    """Every run, those that differ among them where they belong."""
    apart = {run for each in section.differences for run in (each.old, each.new) if run is not None}
    rows = [ScheduleDifference(old=run, new=run) for run in section.old if run not in apart] + list(section.differences)
    yield from _rows(sorted(rows, key=_when), section.zone, shown=len(rows))


def _when(row: ScheduleDifference) -> datetime:
    return min(run.fire for run in (row.old, row.new) if run is not None)


def _rows(
    rows: tuple[ScheduleDifference, ...] | list[ScheduleDifference], zone: str, shown: int = _SHOWN
) -> Iterator[str]:
    if rows:
        yield f"     {'old':{_WIDTH}}  new"
    for row in rows[:shown]:
        mark = "  " if row.old == row.new else "!="
        yield f"  {mark} {_cell(row.old, zone):{_WIDTH}}  {_cell(row.new, zone)}".rstrip()
    if len(rows) > shown:
        yield f"     and {len(rows) - shown:,} more (--json has all)"


def _cell(run: ScheduledRun | None, zone: str) -> str:
    if run is None:
        return "no run"
    text = _local(run.fire, zone)
    if run.logical_date is None:
        return f"{text}, no logical date"
    if run.logical_date != run.fire:
        text += f", for {run.logical_date.astimezone(timezone.utc):%m-%d %H:%MZ}"
    return text


def _local(at: datetime, zone: str) -> str:
    """Local time with its offset, and the same in UTC.

    >>> _local(datetime(2026, 3, 29, 1, tzinfo=timezone.utc), "Europe/Berlin")
    '2026-03-29 03:00:00+02:00 (01:00:00Z)'
    """
    local, utc = at.astimezone(ZoneInfo(zone)), at.astimezone(timezone.utc)
    if local.utcoffset() == utc.utcoffset():
        return f"{utc:%Y-%m-%d %H:%M:%SZ}"
    day = "" if local.date() == utc.date() else f"{utc:%m-%d} "
    return f"{local.isoformat(' ')} ({day}{utc:%H:%M:%SZ})"
