"""Say when a Prefect server would start runs of a deployment: the deployment's own schedules are asked for their dates, as the
server's scheduler asks them: a few at a time, again and again.

Runs under Prefect's own Python; needs no server. The schedules are those of a `prefect.yaml`, read as `prefect deploy` reads
it, or of the `serve`, `deploy` or `to_deployment` call in the flow's file; that call's arguments are evaluated, nothing else
of the file's main block is run.
"""

import ast
import asyncio
import inspect
from datetime import timedelta
from pathlib import Path
from unittest import mock
from zoneinfo import ZoneInfo

import asked
import prefect_run
import wire

CALLS = ("serve", "deploy", "to_deployment")
TIMED = ("interval", "cron", "rrule", "schedule", "schedules", "paused", "anchor_date", "timezone")
OFF = {"cron": "0 0 1 1 *", "active": False}
"""What pipeglot writes in place of no schedule."""
AHEAD = 3
"""Runs that the server's scheduler makes ahead at least, every time it looks."""
NEAR = timedelta(hours=3)
OFTEN = timedelta(minutes=10)


def prepare():
    import prefect  # noqa: F401

    return look


def look(job, ask):
    from prefect.server.schemas import schedules as server

    begun = wire.now()
    schedules, paused = _schedules(job)
    loaded = wire.now()
    if not schedules:
        return asked.unscheduled("a deployment without a schedule")
    timed = []
    for schedule, active in schedules:
        kind = type(schedule).__name__
        told = schedule.model_dump(mode="json", exclude_unset=True)
        # A schedule without an anchor counts from the moment it was made: here, from when it is switched on.
        if kind == "IntervalSchedule" and not ("anchor_date" in told and _given(schedule.anchor_date, begun, loaded)):
            told["anchor_date"] = ask.at.isoformat()
        timed.append((getattr(server, kind)(**told), active is not False and not paused))
    notes = ["Prefect's server makes runs for the future only: nothing is caught up"]
    off = sum(not active for _, active in timed)
    if off and off < len(timed):
        notes.append(f"{off} of {len(timed)} schedules are not active")
        timed = [each for each in timed if each[1]]
    used = [schedule for schedule, _ in timed]
    return asked.found(
        "clock",
        "; ".join(_about(each) for each in used),
        zones=[each.timezone for each in used if each.timezone],
        active=off < len(schedules),
        next=_dates(used, ask.at + asked.SECOND, None, ask.count),
        windows=[_dates(used, max(start, ask.at + asked.SECOND), end, ask.limit) for start, end in ask.windows],
        notes=notes,
    )


def _given(anchor, begun, loaded):
    return not begun.timestamp() <= anchor.timestamp() <= loaded.timestamp()


def _moment(at):
    from prefect.types._datetime import create_datetime_instance

    return create_datetime_instance(at)


def _about(schedule):
    told = schedule.model_dump(mode="json", exclude_defaults=True)
    return type(schedule).__name__ + "(" + ", ".join(f"{name}={value!r}" for name, value in told.items()) + ")"


def _dates(schedules, start, end, count):
    """The dates of all schedules from `start`, before `end`, that the server's scheduler makes runs for. It asks for a few
    dates ahead, again and again, and keeps all that it was ever told: around a change of the clock the answers differ."""
    found = set()
    for schedule in schedules:
        own, at = set(), start
        while len([each for each in own if each < at]) < count and (end is None or at < end):
            coming = _ahead(schedule, at)
            own.update(each for each in coming if each >= start)
            later = [each for each in coming if each >= at]
            if not later and not _changing(schedule, at):
                break
            # Away from a change, looking again at once gives the same.
            at = _look_again(schedule, at, max(later, default=None))
        found |= own
    chosen = sorted(each for each in found if end is None or each < end)[:count]
    return [(each, each) for each in chosen]


def _ahead(schedule, at):
    """What the server makes runs for when it looks at this moment (`prefect.server.models.deployments`)."""
    dates = []
    for date in schedule._get_dates_generator(n=100, start=_moment(at)):
        dates.append(asked.utc(date.timestamp()))
        if len(dates) >= AHEAD and dates[-1] >= at + timedelta(hours=1):
            break
    return dates


def _look_again(schedule, at, latest):
    """The next moment to look: after the latest date known, but often while clocks change."""
    if _changing(schedule, at):
        return at + OFTEN
    while _offset(schedule, at) != _offset(schedule, latest + NEAR):
        # Up to where the clock changes.
        if latest - at <= timedelta(hours=1):
            return at + OFTEN
        latest = at + (latest - at) / 2
    return latest + asked.SECOND


def _changing(schedule, at):
    return _offset(schedule, at - NEAR) != _offset(schedule, at + NEAR)


def _offset(schedule, at):
    return at.astimezone(ZoneInfo(schedule.timezone or "UTC")).utcoffset()


def _schedules(job):
    """The (schedule, active) pairs of a deployment, and whether it is paused."""
    file = Path(job["folder"], job["entry"])
    if file.suffix in (".yaml", ".yml"):
        return _of_yaml(file, job, exact=True)
    # The compiled flow's prefect.yaml stands beside it; a native project's may stand above it.
    for folder in [file.parent, *file.parents][: 4 if not job["compiled"] else 1]:
        if (folder / "prefect.yaml").is_file() and (found := _of_yaml(folder / "prefect.yaml", job)) is not None:
            return found
    if job["compiled"]:
        raise LookupError("prefect.yaml has no deployment of the flow")
    return _of_call(file, job)


def _of_yaml(path, job, exact=False):
    import yaml
    from prefect.cli.deploy._schedules import _construct_schedules
    from rich.console import Console

    entries = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("deployments") or []
    entry = Path(job["folder"], job["entry"]).resolve()

    def ours(deployment):
        if exact and deployment.get("name") == job["name"]:
            return True
        file, _, flow = str(deployment.get("entrypoint", "")).rpartition(":")
        return (
            not exact
            and (path.parent / file).resolve() == entry
            and (job["compiled"] or job["name"] in (flow, flow.replace("_", "-"), deployment.get("name")))
        )

    mine = [each for each in entries if ours(each)]
    if exact and not mine:
        mine = entries if len(entries) == 1 else []
        if not mine:
            has = ", ".join(str(each.get("name")) for each in entries) or "none"
            raise LookupError(f"no deployment {job['name']!r} in {path.name} (it has {has})")
    if not mine:
        return None
    schedules, paused = [], True
    for deployment in mine:
        told = dict(deployment)
        if told.get("schedule") is not None and not told.get("schedules"):
            told["schedules"] = [told["schedule"]]
        told["schedules"] = [each for each in told.get("schedules") or [] if each != OFF]
        made = _construct_schedules(told, {}, console=Console(quiet=True), is_interactive=lambda: False)
        schedules += [(each["schedule"], each.get("active")) for each in made]
        paused = paused and bool(told.get("paused"))
    return schedules, paused


def _of_call(file, job):
    """What a flow's file says where it serves or deploys the flow."""
    module = wire.load(job)
    text = file.read_text(encoding="utf-8")
    variable, flow = prefect_run.flow_in(module, job)
    calls = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CALLS
        and any(isinstance(inner, ast.Name) and inner.id == variable for inner in ast.walk(node.func.value))
    ]
    found, paused = [], bool(calls)
    for call in calls:
        told = {}
        for keyword in call.keywords:
            if keyword.arg in TIMED:
                try:
                    expression = compile(ast.Expression(keyword.value), str(file), "eval")
                    told[keyword.arg] = eval(expression, vars(module))  # the file's own text, as Prefect would run it
                except NameError as error:
                    where = f"{file.name}:{keyword.value.lineno}"
                    raise wire.CannotTell(
                        f"{keyword.arg} at {where} is known only when the file runs: {error}"
                    ) from None
            elif keyword.arg is None:
                raise wire.CannotTell(f"the arguments at {file.name}:{call.lineno} are known only when the file runs")
        with mock.patch("prefect.flows.Flow._emit_deployment", create=True):
            deployment = flow.to_deployment(name="asked", **told)
        if inspect.isawaitable(deployment):
            deployment = asyncio.run(deployment)
        found += [(each.schedule, each.active) for each in deployment.schedules or []]
        paused = paused and bool(told.get("paused"))
    return found, paused


if __name__ == "__main__":
    asked.serve("prefect", prepare)
