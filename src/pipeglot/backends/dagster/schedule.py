"""When runs start by themselves: a schedule, or a sensor for an interval that cron cannot say."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pipeglot.codegen.code import Code, joined
from pipeglot.codegen.intervals import interval_as_cron
from pipeglot.codegen.pysource import Atom, Bracket, Doc, Entry, Spelling, call, literal, spelled
from pipeglot.core.dataclass import dataclass
from pipeglot.core.ir import Cron, Interval, Pipeline

from .layout import statement
from .module import DagsterModule
from .params import Params

BOUND = 100
"""Runs that one look of a sensor asks for at most: the rest waits for the next."""


@dataclass(frozen=True)
class Trigger:
    """What starts runs by itself: what it is, its name on Dagster and in the file, and its source."""

    kind: Literal["schedule", "sensor"]
    name: str
    variable: str
    code: Code


def scheduled(module: DagsterModule, params: Params, job: str, name: str) -> Trigger:
    """What starts the runs."""
    schedule = module.pipeline.schedule
    assert schedule is not None
    timing = schedule.timing
    cron, zone = cron_of_interval(module.pipeline) or "", "UTC"
    if isinstance(timing, Cron):
        cron, zone = timing.expression, timing.timezone
    elif not cron:
        return _interval(module, params, job, name, timing.seconds)
    if schedule.catch_up and schedule.start is not None:
        return _catching_up(module, params, job, name, cron, zone, schedule.start)
    told: dict[str, Any] = {
        "job": Atom(job),
        "cron_schedule": cron,
        "execution_timezone": zone,
        "default_status": Atom(module.dg("DefaultScheduleStatus.RUNNING")),
    }
    spells = _spelling(timing)
    own = module.name("schedule", f"{job}_schedule")
    if schedule.start is None and not params.dated:
        made = call(module.dg("ScheduleDefinition"), name=f"{name}_schedule", **told)
        return Trigger("schedule", f"{name}_schedule", own, statement(f"{own} = ", spelled(made, spells)))
    lines: list[str] = [
        statement("@", spelled(call(module.dg("schedule"), **_named(f"{name}_schedule", own), **told), spells)),
        evaluation(own, module.dg("ScheduleEvaluationContext")),
        "    moment = context.scheduled_execution_time",
    ]
    if schedule.start is not None:
        waiting = [
            statement("start = ", _moment(module, schedule.start), indent=4),
            "    if moment < start:",
            f'        return {module.dg("SkipReason")}(f"the schedule starts at {{start}}")',
        ]
        lines.append(joined(waiting).of("", "Schedule.start"))
    lines += _request(module, params, "return ", 4)
    return Trigger("schedule", f"{name}_schedule", own, joined(lines))


def _spelling(timing: Cron | Interval) -> Spelling:
    cron = "Cron.expression" if isinstance(timing, Cron) else "Interval.seconds"
    zone = {"execution_timezone": "Cron.timezone", "timezone": "Cron.timezone"}
    return {"cron_schedule": cron, "start": "Schedule.start", **(zone if isinstance(timing, Cron) else {})}


def evaluation(function: str, context: str) -> str:
    """The head of a function that Dagster asks for runs."""
    return statement("", Bracket(f"def {function}(", (Entry("", Atom(f"context: {context}")),), ")"), ":")


def _moment(module: DagsterModule, at: datetime) -> Atom:
    return Atom(_clock(module, at).text.removesuffix(")") + f", tzinfo={module.use('timezone')}.utc)")


def _clock(module: DagsterModule, at: datetime) -> Atom:
    """What the clock shows, without a time zone."""
    parts = ", ".join(str(part) for part in (at.year, at.month, at.day, at.hour, at.minute, at.second))
    return Atom(f"{module.use('datetime')}({parts})")


def _request(module: DagsterModule, params: Params, word: str, indent: int, key: bool = False) -> list[str]:
    """The request for the run of `moment`. A sensor's has a key, for its cursor may be lost; the scheduler knows its
    ticks by itself."""
    told: dict[str, Doc] = {"run_key": Atom("moment.isoformat()")} if key else {}
    lines = []
    if params.dated:
        date = call(module.params, **{params.date: Atom("moment.isoformat()")})
        lines.append(statement("params = ", date, indent=indent))
        told["run_config"] = call(module.dg("RunConfig"), resources=literal({"params": Atom("params")}))
    return [*lines, statement(word, call(module.dg("RunRequest"), **told), indent=indent)]


def _sensor(module: DagsterModule, job: str, name: str, own: str) -> list[str]:
    """The head of a sensor."""
    told: dict[str, Any] = {
        **_named(name, own),
        "job": Atom(job),
        "minimum_interval_seconds": 30,
        "default_status": Atom(module.dg("DefaultSensorStatus.RUNNING")),
    }
    decorator = statement("@", call(module.dg("sensor"), **told))
    return [decorator, evaluation(own, module.dg("SensorEvaluationContext"))]


def _interval(module: DagsterModule, params: Params, job: str, name: str, seconds: int) -> Trigger:
    """Runs at every multiple of the interval after the start."""
    schedule = module.pipeline.schedule
    assert schedule is not None
    start = schedule.start
    own = module.name("schedule", f"{job}_interval")
    datetime_, utc = module.use("datetime"), f"{module.use('timezone')}.utc"
    first = _moment(module, start) if start else Atom(f"{datetime_}.fromtimestamp(0, {utc})")
    missed = "missed ones too" if schedule.catch_up and start else "never a missed one"
    lines: list[str] = [
        *_sensor(module, job, f"{name}_interval", own),
        f'    """A run every {seconds} seconds, {missed}; the cursor is the last tick."""',
        statement("start = ", first, indent=4).of("", "Schedule.start"),
        Code(f"    every = {module.use('timedelta')}(seconds={seconds})").of("", "Interval.seconds"),
        f"    latest = (datetime.now({utc}) - start) // every".replace("datetime.now", f"{datetime_}.now"),
    ]
    if schedule.catch_up and start:
        lines += [
            "    known = -1",
            f"    if context.cursor and (last := {datetime_}.fromisoformat(context.cursor)) >= start:",
            "        known = (last - start) // every",
            f"    for number in range(known + 1, known + {BOUND + 1}):",
            "        if number > latest:",
            "            return",
            "        moment = start + number * every",
            "        context.update_cursor(moment.isoformat())",
            *_request(module, params, "yield ", 8, key=True),
        ]
        return Trigger("sensor", f"{name}_interval", own, joined(lines))
    skip = call(module.dg("SkipReason"), "no tick since the last look")
    lines += [
        "    moment = start + latest * every",
        "    known = context.cursor",
        "    context.update_cursor(moment.isoformat())",
        "    # The first look finds no cursor: what was due before it is not made up for.",
        f"    if not known or moment <= {datetime_}.fromisoformat(known) or moment < start:",
        statement("return ", skip, indent=8),
        *_request(module, params, "return ", 4, key=True),
    ]
    return Trigger("sensor", f"{name}_interval", own, joined(lines))


def _catching_up(
    module: DagsterModule, params: Params, job: str, name: str, cron: str, zone: str, start: datetime
) -> Trigger:
    """Runs for every tick of a cron expression after the start: Dagster's schedules know no missed ones, but its
    partitions tell them."""
    schedule = module.pipeline.schedule
    assert schedule is not None
    own = module.name("schedule", f"{job}_catch_up")
    ticks = module.name("ticks", f"{job}_ticks")
    partitions = call(
        module.dg("TimeWindowPartitionsDefinition"),
        cron_schedule=cron,
        timezone=zone,
        # Dagster takes the start for one in the partitions' own time zone, whatever zone it has.
        start=_clock(module, start.astimezone(ZoneInfo(zone))),
        fmt="%Y-%m-%dT%H:%M:%S%z",
        end_offset=1,
    )
    utc = f"{module.use('timezone')}.utc"
    lines: list[str] = [
        statement(f"{ticks} = ", spelled(partitions, _spelling(schedule.timing))),
        "",
        "",
        *_sensor(module, job, f"{name}_catch_up", own),
        '    """A run for every tick, missed ones too; the cursor is the last tick."""',
        f"    second = {module.use('timedelta')}(seconds=1)",
        statement("start = ", call(f"{ticks}.start.astimezone", Atom(utc)), indent=4),
        "    moment = start - second",
        f"    if context.cursor and (last := {module.use('datetime')}.fromisoformat(context.cursor)) > moment:",
        "        moment = last",
        f"    for _ in range({BOUND}):",
        statement("window = ", call(f"{ticks}.get_next_partition_window", Atom("moment + second")), indent=8),
        "        if window is None:",
        "            return",
        f"        moment = window.start.astimezone({utc})",
        "        context.update_cursor(moment.isoformat())",
        *_request(module, params, "yield ", 8, key=True),
    ]
    return Trigger("sensor", f"{name}_catch_up", own, joined(lines))


def _named(name: str, function: str) -> dict[str, str]:
    return {} if name == function else {"name": name}


def cron_of_interval(pipeline: Pipeline) -> str | None:
    """The cron expression, in UTC, of exactly the ticks of an interval schedule, if there is one."""
    schedule = pipeline.schedule
    if schedule is None or not isinstance(schedule.timing, Interval):
        return None
    return interval_as_cron(schedule.timing.seconds, schedule.start.timestamp() if schedule.start else 0)
