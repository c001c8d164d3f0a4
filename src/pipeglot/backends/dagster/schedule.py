"""When runs start by themselves: a schedule, or a sensor for an interval that cron cannot say."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pipeglot.core.ir import Cron, Interval, Pipeline
from pipeglot.core.pysource import Atom, Code, Doc, call, literal

from .layout import statement
from .module import Module
from .params import Params

_FORMAT = "%Y-%m-%dT%H:%M:%S%z"


def scheduled(module: Module, params: Params, job: str, name: str) -> tuple[str, Code, str]:
    """What starts the runs: the argument of `Definitions` it belongs to, its source, and its name in the file."""
    schedule = module.pipeline.schedule
    assert schedule is not None
    timing = schedule.timing
    cron, zone = interval_as_cron(module.pipeline) or "", "UTC"
    if isinstance(timing, Cron):
        cron, zone = timing.expression, timing.timezone
    if not cron:
        return _sensor(module, params, job, name)
    if schedule.catch_up and schedule.start is not None:
        return _catching_up(module, params, job, name)
    told: dict[str, Any] = {
        "job": Atom(job),
        "cron_schedule": cron,
        "execution_timezone": zone,
        "default_status": Atom(module.dg("DefaultScheduleStatus.RUNNING")),
    }
    own = module.name("schedule", f"{job}_schedule")
    if schedule.start is None and not params.dated:
        made = call(module.dg("ScheduleDefinition"), name=f"{name}_schedule", **told)
        return "schedules", Code(statement(f"{own} = ", made)), own
    lines = [
        statement("@", call(module.dg("schedule"), **_named(f"{name}_schedule", own), **told)),
        f"def {own}(context):",
    ]
    lines.append("    moment = context.scheduled_execution_time")
    if schedule.start is not None:
        lines += [
            statement("start = ", _moment(module, schedule.start), indent=4),
            "    if moment < start:",
            f'        return {module.dg("SkipReason")}(f"the schedule starts at {{start}}")',
        ]
    lines.append(statement("return ", _request(module, params), indent=4))
    return "schedules", Code("\n".join(lines)), own


def _moment(module: Module, at: datetime) -> Atom:
    return Atom(_clock(module, at).text.removesuffix(")") + f", tzinfo={module.use('timezone')}.utc)")


def _clock(module: Module, at: datetime) -> Atom:
    """What the clock shows, without a time zone."""
    parts = ", ".join(str(part) for part in (at.year, at.month, at.day, at.hour, at.minute, at.second))
    return Atom(f"{module.use('datetime')}({parts})")


def _request(module: Module, params: Params) -> Doc:
    told: dict[str, Doc] = {"run_key": Atom("moment.isoformat()")}
    if params.dated:
        config = {"resources": {"params": {"config": {"logical_date": told["run_key"]}}}}
        told["run_config"] = literal(config)
    return call(module.dg("RunRequest"), **told)


def _sensor(module: Module, params: Params, job: str, name: str) -> tuple[str, Code, str]:
    """Runs at every multiple of the interval after the start, asked for by the next look at the clock."""
    schedule = module.pipeline.schedule
    assert schedule is not None and isinstance(schedule.timing, Interval)
    seconds, start = schedule.timing.seconds, schedule.start
    own = module.name("schedule", f"{job}_interval")
    datetime_, timedelta = module.use("datetime"), module.use("timedelta")
    utc = f"{module.use('timezone')}.utc"
    told: dict[str, Any] = {
        **_named(f"{name}_interval", own),
        "job": Atom(job),
        "minimum_interval_seconds": 30,
        "default_status": Atom(module.dg("DefaultSensorStatus.RUNNING")),
    }
    first = _moment(module, start) if start else Atom(f"{datetime_}.fromtimestamp(0, {utc})")
    lines = [
        statement("@", call(module.dg("sensor"), **told)),
        f"def {own}(context):",
        f'    """A run every {seconds} seconds; the cursor counts them."""',
        statement("start = ", first, indent=4),
        f"    latest = (datetime.now({utc}) - start) // timedelta(seconds={seconds})".replace(
            "datetime.now", f"{datetime_}.now"
        ).replace("timedelta(", f"{timedelta}("),
    ]
    if schedule.catch_up:
        lines.append("    known = -1 if context.cursor is None else int(context.cursor)")
    else:
        lines.append("    known = latest if context.cursor is None else int(context.cursor)")
    lines += [
        "    for number in range(known + 1, latest + 1):",
        f"        moment = start + number * {timedelta}(seconds={seconds})",
        statement("yield ", _request(module, params), indent=8),
        "    context.update_cursor(str(latest))",
    ]
    return "sensors", Code("\n".join(lines)), own


def _catching_up(module: Module, params: Params, job: str, name: str) -> tuple[str, Code, str]:
    """Runs for every tick of a cron expression after the start: Dagster's schedules know no missed ones, but its
    partitions count them."""
    schedule = module.pipeline.schedule
    assert schedule is not None and schedule.start is not None and isinstance(schedule.timing, Cron)
    own = module.name("schedule", f"{job}_catch_up")
    ticks = module.name("ticks", f"{job}_ticks")
    partitions = call(
        module.dg("TimeWindowPartitionsDefinition"),
        cron_schedule=schedule.timing.expression,
        timezone=schedule.timing.timezone,
        # Dagster takes the start for one in the partitions' own time zone, whatever zone it has.
        start=_clock(module, schedule.start.astimezone(ZoneInfo(schedule.timing.timezone))),
        fmt=_FORMAT,
        end_offset=1,
    )
    told: dict[str, Any] = {
        **_named(f"{name}_catch_up", own),
        "job": Atom(job),
        "minimum_interval_seconds": 30,
        "default_status": Atom(module.dg("DefaultSensorStatus.RUNNING")),
    }
    lines = [
        statement(f"{ticks} = ", partitions),
        "",
        "",
        statement("@", call(module.dg("sensor"), **told)),
        f"def {own}(context):",
        '    """A run for every tick, missed ones too; the cursor counts them."""',
        f"    keys = {ticks}.get_partition_keys()",
        "    known = int(context.cursor or 0)",
        "    for key in keys[known:]:",
        f'        moment = {module.use("datetime")}.strptime(key, "{_FORMAT}")',
        statement("yield ", _request(module, params), indent=8),
        "    context.update_cursor(str(len(keys)))",
    ]
    return "sensors", Code("\n".join(lines)), own


def _named(name: str, function: str) -> dict[str, str]:
    return {} if name == function else {"name": name}


def interval_as_cron(pipeline: Pipeline) -> str | None:
    """The cron expression, in UTC, of exactly the ticks of an interval schedule, if there is one."""
    schedule = pipeline.schedule
    if schedule is None or not isinstance(schedule.timing, Interval):
        return None
    seconds = schedule.timing.seconds
    start = int(schedule.start.timestamp()) if schedule.start else 0
    if seconds % 60 or start % 60 or (schedule.catch_up and schedule.start):
        return None
    minutes, first = seconds // 60, start // 60
    if minutes <= 60 and 60 % minutes == 0:
        return f"{_listed(range(first % minutes, 60, minutes))} * * * *"
    if minutes % 60 == 0 and 24 % (minutes // 60) == 0:
        hours = minutes // 60
        return f"{first % 60} {_listed(range(first // 60 % hours, 24, hours))} * * *"
    if minutes == 7 * 24 * 60:
        return f"{first % 60} {first // 60 % 24} * * {(first // (24 * 60) + 4) % 7}"
    return None


def _listed(values: range) -> str:
    if values.step == 1:
        return "*"
    if values.start == 0 and len(values) > 1:
        return f"*/{values.step}"
    return ",".join(map(str, values))
