"""Schedules of both sides compared without running anything: when each engine starts runs, as that engine computes it."""

from __future__ import annotations

import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta, timezone
from itertools import islice, takewhile, zip_longest
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pipeglot import backends, engines
from pipeglot.backends.base import Compiled
from pipeglot.core.dataclass import dataclass, field, replace
from pipeglot.core.diagnostic import AuthoringError, CompileError, Diagnostic, EngineError
from pipeglot.core.ir import Cron, Pipeline
from pipeglot.core.shape import inline
from pipeglot.core.ticks import changes, ticks
from pipeglot.engines import sandbox
from pipeglot.engines.schedule_query import LIMIT, Question, ScheduleAnswer, Tick, Window, ask, askable
from pipeglot.migrate.native import NativeSide
from pipeglot.migrate.runner import Runner
from pipeglot.migrate.schedule_model import ScheduleComparison, ScheduleDifference, ScheduledRun, ScheduleSide, Section
from pipeglot.migrate.sides import CompiledSide, LocalSide

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)

# ---------------------------------------------------------------- one side


@dataclass(frozen=True)
class ScheduleOptions:
    """What to look at: from when on, how many runs after it, and the surroundings of the files.

    `env` are environment variables of the files; KFP's server has its time zone from `CRON_SCHEDULE_TIMEZONE` there.
    """

    at: datetime
    count: int = 20
    env: Mapping[str, str] = field(default_factory=dict)
    path: Sequence[Path] = ()


def answers(
    pipelines: Sequence[Pipeline],
    side: Runner,
    choices: ScheduleOptions,
    windows: Sequence[Window] = (),
    stop: threading.Event | None = None,
) -> list[ScheduleAnswer | EngineError]:
    """What a side says of each pipeline's schedule; its engine is started once.

    Raises:
        AuthoringError: PG375 for a side that has no schedule, such as a record.
        CompileError: a pipeline cannot be compiled, whatever is allowed.
        EngineError: the engine cannot be asked.
    """
    match side:
        case LocalSide():
            return [meant(pipeline, choices, windows) for pipeline in pipelines]
        case CompiledSide(engine=target):
            askable(side.on)
            packages = tuple(dict.fromkeys(line for each in pipelines for line in inline(each).packages))
            found = engines.prepare(side.on, packages, python=side.python)
            compiled = [_compiled(pipeline, target) for pipeline in pipelines]
            with tempfile.TemporaryDirectory(prefix="pipeglot-") as folder:
                questions = [
                    _question(sandbox.write(each, Path(folder, str(n))), each.entry, each.name, choices, windows, True)
                    for n, each in enumerate(compiled)
                ]
                return ask(found.name, questions, python=found.python, stop=stop)
        case NativeSide():
            askable(side.on)
            found = engines.find(side.on, python=side.python)
            question = _question(side.file.parent, side.file.name, side.name, choices, windows, False)
            return ask(found.name, [question] * len(pipelines), python=found.python, stop=stop)
    message = f"{side.spec} is what a run did: it does not say when runs start"
    way_out = "a target, local, or native code as TARGET:FILE[:NAME]"
    raise AuthoringError([Diagnostic("PG375", "error", message, None, way_out)])


def _question(
    folder: Path, entry: str, name: str, choices: ScheduleOptions, windows: Sequence[Window], compiled: bool
) -> Question:
    return Question(
        folder, entry, name, choices.at, choices.count, windows, compiled=compiled, env=choices.env, path=choices.path
    )


def _compiled(pipeline: Pipeline, target: str) -> Compiled:
    """The files, with every loss allowed: what is lost of the schedule is what is looked for here."""
    try:
        return backends.compile(pipeline, target)
    except CompileError as error:
        return backends.compile(pipeline, target, allow={d.code for d in error.diagnostics if d.severity == "loss"})


def meant(pipeline: Pipeline, choices: ScheduleOptions, windows: Sequence[Window] = ()) -> ScheduleAnswer:
    """What the pipeline itself says: the language's own ticks, each the logical date of its run."""
    schedule = pipeline.schedule
    if schedule is None:
        return ScheduleAnswer("none", "no schedule")
    at = choices.at

    def of(found: Iterable[datetime]) -> tuple[Tick, ...]:
        return tuple(Tick(each, each) for each in found)

    def between(start: datetime, end: datetime) -> Iterator[datetime]:
        coming = ticks(schedule, max(start - _SECOND, at), on=at)
        return islice(takewhile(lambda tick: tick < end, coming), LIMIT)

    missed: tuple[Tick, ...] = ()
    if schedule.catch_up and schedule.start is not None:
        due = takewhile(lambda tick: tick <= at, ticks(schedule, schedule.start - _SECOND))
        missed = of(islice(due, LIMIT + 1))
    timing = schedule.timing
    text = timing.expression if isinstance(timing, Cron) else f"every {timing.seconds} s"
    return ScheduleAnswer(
        "clock",
        text + (f" from {schedule.start.isoformat()}" if schedule.start else ""),
        zones=(timing.timezone,) if isinstance(timing, Cron) else (),
        missed=missed[:LIMIT],
        more=len(missed) > LIMIT,
        next=of(islice(ticks(schedule, at, on=at), choices.count)),
        windows=tuple(of(between(*window)) for window in windows),
    )


def _losses(pipeline: Pipeline, side: Runner) -> tuple[str, ...]:
    """What the compiler says of the schedule: the diagnostics that go away without one."""
    if not isinstance(side, CompiledSide) or pipeline.schedule is None:
        return ()
    without = replace(pipeline, schedule=None)
    rest = {(d.code, d.message) for d in _compiled(without, side.engine).diagnostics}
    told = _compiled(pipeline, side.engine).diagnostics
    return tuple(f"{d.code} {d.message}" for d in told if (d.code, d.message) not in rest)


# ---------------------------------------------------------------- both sides


def compare(
    pipeline: Pipeline,
    old: Runner,
    new: Runner,
    choices: ScheduleOptions,
    *,
    stop: threading.Event | None = None,
) -> ScheduleComparison:
    """Ask both sides, at the same time, when they start runs, and compare what they say.

    Raises:
        AuthoringError: PG375 for a side without a schedule of its own.
        CompileError: the pipeline cannot be compiled for a side.
    """
    zones = _zones(pipeline)
    shifts = _shifts(zones, choices.at)
    told = _both(pipeline, (old, new), choices, shifts, stop)
    more = [zone for each in told if isinstance(each, ScheduleAnswer) for zone in each.zones if zone not in zones]
    if _shifts(more, choices.at):
        # A native schedule has a time zone of its own, whose changes matter as well.
        zones += dict.fromkeys(more)
        shifts = _shifts(zones, choices.at)
        told = _both(pipeline, (old, new), choices, shifts, stop)
    sides = [_side(pipeline, side, answer) for side, answer in zip((old, new), told, strict=True)]
    zone = next(iter([*zones, *more]), "UTC")
    sections = tuple(_sections(told[0], told[1], shifts, choices, zone))
    verdict, why = _verdict(sides[0], sides[1], sections)
    return ScheduleComparison(
        pipeline=pipeline.name,
        at=choices.at,
        verdict=verdict,
        why=why,
        old=sides[0],
        new=sides[1],
        zone=zone,
        sections=sections,
    )


@dataclass(frozen=True)
class _Shift:
    """A change of a time zone's clocks, and the days around it."""

    zone: str
    at: datetime
    window: Window


def _zones(pipeline: Pipeline) -> list[str]:
    timing = pipeline.schedule.timing if pipeline.schedule else None
    return [timing.timezone] if isinstance(timing, Cron) else []


def _shifts(zones: Iterable[str], at: datetime) -> list[_Shift]:
    """The next two changes of each zone."""
    return [_Shift(zone, change, around(zone, change)) for zone in zones for change in islice(changes(zone, at), 2)]


def around(zone: str, change: datetime) -> Window:
    """From the beginning of the day before a change of a zone's clocks to the end of the day after it.

    >>> start, end = around("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=timezone.utc))
    >>> start.isoformat(), end.isoformat()
    ('2026-03-27T23:00:00+00:00', '2026-03-30T22:00:00+00:00')
    """
    local = ZoneInfo(zone)
    # A second earlier, for a change at midnight belongs to the day that it ends.
    day = (change - _SECOND).astimezone(local).date()
    first, last = (datetime.combine(each, time(), local) for each in (day - _DAY, day + 2 * _DAY))
    return first.astimezone(timezone.utc), last.astimezone(timezone.utc)


def _both(
    pipeline: Pipeline,
    sides: tuple[Runner, Runner],
    choices: ScheduleOptions,
    shifts: Sequence[_Shift],
    stop: threading.Event | None,
) -> list[ScheduleAnswer | EngineError]:
    stopped = stop or threading.Event()

    def one(side: Runner) -> ScheduleAnswer | EngineError:
        try:
            return answers([pipeline], side, choices, [each.window for each in shifts], stopped)[0]
        except EngineError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(one, side) for side in sides]
        try:
            return [each.result() for each in asked]
        except BaseException:
            stopped.set()
            raise


def _side(pipeline: Pipeline, side: Runner, answer: ScheduleAnswer | EngineError) -> ScheduleSide:
    if isinstance(answer, EngineError):
        problems = tuple(f"{d.code} {d.message}" for d in answer.diagnostics)
        return ScheduleSide(spec=side.spec, engine=side.engine, problems=problems)
    notes = answer.notes if answer.active else (*answer.notes, "it is off until it is switched on")
    version = ""
    if isinstance(side, CompiledSide | NativeSide) and side.python is None:
        version = engines.spec(side.on).version
    return ScheduleSide(
        spec=side.spec,
        engine=side.engine,
        engine_version=version,
        trigger=answer.trigger,
        about=answer.about,
        zones=answer.zones,
        active=answer.active,
        more_missed=answer.more,
        notes=(*notes, *_losses(pipeline, side)),
    )


def _sections(
    old: ScheduleAnswer | EngineError,
    new: ScheduleAnswer | EngineError,
    shifts: Sequence[_Shift],
    choices: ScheduleOptions,
    zone: str,
) -> Iterator[Section]:
    if isinstance(old, EngineError) or isinstance(new, EngineError) or "clock" not in (old.trigger, new.trigger):
        return
    yield _section("missed", zone, old.missed, new.missed, end=choices.at)
    yield _section("next", zone, *alike_long(old.next, new.next, choices.count), start=choices.at)
    for number, shift in enumerate(shifts):
        spans = [each.windows[number] if each.windows else () for each in (old, new)]
        start, end = shift.window
        yield _section("change", shift.zone, spans[0], spans[1], start=start, end=end, change=shift.at)


def _section(
    name: Literal["missed", "next", "change"],
    zone: str,
    old: Sequence[Tick],
    new: Sequence[Tick],
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    change: datetime | None = None,
) -> Section:
    found = [
        ScheduleDifference(old=None if a is None else _run(a), new=None if b is None else _run(b))
        for a, b in differences(old, new)
    ]
    return Section(
        name=name,
        zone=zone,
        start=start,
        end=end,
        change=change,
        old=tuple(map(_run, old)),
        new=tuple(map(_run, new)),
        differences=tuple(found),
    )


def _run(tick: Tick) -> ScheduledRun:
    return ScheduledRun(fire=tick.fire, logical_date=tick.logical_date)


def alike_long(old: Sequence[Tick], new: Sequence[Tick], count: int) -> tuple[Sequence[Tick], Sequence[Tick]]:
    """Two lists of the next runs without what comes after the end of one that was cut off at `count`: there may be more of
    that one.

    >>> day = datetime(2026, 3, 29, tzinfo=timezone.utc)
    >>> two, three, four = (Tick(day.replace(hour=hour), None) for hour in (2, 3, 4))
    >>> [len(each) for each in alike_long([two, three], [two, four], 2)]
    [2, 1]
    """
    ends = [each[-1].fire for each in (old, new) if len(each) >= count]
    if not ends or not old or not new:
        return old, new
    end = min(ends)
    return [tick for tick in old if tick.fire <= end], [tick for tick in new if tick.fire <= end]


def differences(old: Sequence[Tick], new: Sequence[Tick]) -> list[tuple[Tick | None, Tick | None]]:
    """The runs that are not on both sides. Between two runs that are, those of the old side stand beside those of the new
    one in their order.

    >>> day = datetime(2026, 3, 29, tzinfo=timezone.utc)
    >>> two, three = (Tick(day.replace(hour=hour), None) for hour in (2, 3))
    >>> [(a and a.fire.hour, b and b.fire.hour) for a, b in differences([two], [three])]
    [(2, 3)]
    >>> [(a and a.fire.hour, b and b.fire.hour) for a, b in differences([two, three], [three])]
    [(2, None)]
    """
    common = Counter(old) & Counter(new)
    found: list[tuple[Tick | None, Tick | None]] = []
    for left, right in zip(_gaps(old, common), _gaps(new, common), strict=True):
        found += zip_longest(left, right)
    return found


def _gaps(ticks: Sequence[Tick], common: Counter[Tick]) -> list[list[Tick]]:
    """The runs before, between and after those that both sides have in common, each as often as both have it."""
    left = Counter(common)
    found: list[list[Tick]] = [[]]
    for tick in sorted(ticks, key=lambda each: (each.fire, each.logical_date or each.fire)):
        if left[tick]:
            left[tick] -= 1
            found.append([])
        else:
            found[-1].append(tick)
    return found


_WORDS = {"clock": "runs by the clock", "event": "runs when something happens", "none": "has no schedule"}


def _verdict(
    old: ScheduleSide, new: ScheduleSide, sections: Sequence[Section]
) -> tuple[Literal["same", "different", "inconclusive"], str]:
    for name, side in (("old", old), ("new", new)):
        if side.problems:
            return "inconclusive", f"the {name} side, {side.spec}, cannot tell: {side.problems[0].splitlines()[0]}"
    if old.trigger != new.trigger:
        sides = (f"the {name} side {_WORDS[side.trigger]}" for name, side in (("old", old), ("new", new)))
        return "different", ", ".join(sides)
    if old.trigger == "none":
        return "same", "neither side has a schedule"
    if old.trigger == "event":
        return "same", "both sides run when something happens: no clock to compare"
    if old.more_missed and new.more_missed and not any(section.differences for section in sections):
        return "inconclusive", f"both sides start more than {LIMIT:,} runs when switched on; no more were compared"
    counts = _counts(sections)
    if not counts:
        return "same", "both sides start the same runs"
    return "different", "; ".join(counts)


def _counts(sections: Sequence[Section]) -> list[str]:
    found = []
    for section in sections:
        if not section.differences:
            continue
        match section.name:
            case "missed":
                found.append(
                    f"switched on, {len(section.old):,} runs start on the old side, {len(section.new):,} on the new"
                )
            case "next":
                found.append(f"{_differ(section)} among the next")
            case "change":
                assert section.change is not None
                day = (section.change - _SECOND).astimezone(ZoneInfo(section.zone)).date()
                found.append(f"{_differ(section)} when clocks change on {day} in {section.zone}")
    return found


def _differ(section: Section) -> str:
    number = len(section.differences)
    return "1 run differs" if number == 1 else f"{number:,} runs differ"
