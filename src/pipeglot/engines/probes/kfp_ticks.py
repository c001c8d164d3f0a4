"""Say when KFP would start runs of a recurring run: the arguments of `create_recurring_run` in the deployment script, given to
the model of KFP's controller in `kfp_cron.py` (the controller itself is part of a cluster). The script is read, not run, but
for the function of a compiled one that says where to begin.

The time zone is that of the server: the job's variable CRON_SCHEDULE_TIMEZONE, UTC without one, as KFP is installed.
"""

import ast
from datetime import datetime, timedelta, timezone
from pathlib import Path

import asked
import kfp_cron
import wire

TIMED = (
    "cron_expression",
    "interval_second",
    "start_time",
    "end_time",
    "no_catchup",
    "max_concurrency",
    "enabled",
    "params",
)


def prepare():
    import kfp  # noqa: F401, the engine has to be there, though its SDK knows no clock

    return look


def look(job, ask):
    script = _script(job)
    told = None if script is None else _recurring(script, ask.at if job["compiled"] else None)
    if told is None:
        hint = "" if job["compiled"] else ": what has one is the script that makes it, as kfp:SCRIPT.py"
        return asked.unscheduled(f"no recurring run{hint}")
    zone = job["env"].get("CRON_SCHEDULE_TIMEZONE") or "UTC"
    recurring = kfp_cron.Recurring(
        int(ask.at.timestamp()),
        zone,
        cron=told.get("cron_expression"),
        interval=told.get("interval_second"),
        start=_seconds(told.get("start_time")),
        end=_seconds(told.get("end_time")),
        no_catchup=bool(told.get("no_catchup")),
    )
    now = int(ask.at.timestamp())
    missed, more, last = [], False, None
    while (due := recurring.due(last, now)) is not None and due <= now:
        if len(missed) == ask.limit:
            more = True
            # From the last one that is due on, all goes on as if none had been left out.
            last = _skip(recurring, last, now + 1)
            break
        missed.append(due)
        last = due
    following = _walk(recurring, last, now)
    coming = [due for due, _ in zip(following, range(ask.count), strict=False)]
    windows = []
    for start, end in ask.windows:
        first, until = max(int(start.timestamp()), now + 1), int(end.timestamp())
        before = _skip(recurring, last, first)
        found = []
        for due in _walk(recurring, before, now):
            if due >= until or len(found) >= ask.limit:
                break
            if due >= first:
                found.append(due)
        windows.append(found)
    dated = any("[[ScheduledTime" in str(value) for value in (told.get("params") or {}).values())
    notes = [
        "computed by a model of KFP's controller, checked against its cron library; the controller runs in a cluster",
        f"the time zone is that of the server: {zone}",
    ]
    if missed:
        limit = min(max(told.get("max_concurrency") or 1, 1), 10)
        notes.append(
            f"at most {limit} of the missed runs at once" if len(missed) > 1 else "one missed run starts at once"
        )
    made = "the logical date is when the run was made: servers do not tell the tick (kubeflow/pipelines#12494)"
    notes.append(made if dated else "the pipeline is not told its logical date")
    return asked.found(
        "clock",
        "recurring run: " + ", ".join(f"{name}={told[name]!r}" for name in TIMED[:-1] if name in told),
        # Cron alone is read in a time zone.
        zones=[zone] if told.get("cron_expression") else [],
        active=told.get("enabled") is not False,
        # What was missed starts now; all else moments after its tick, which is no difference.
        missed=[(asked.utc(due), asked.utc(now if dated else due)) for due in missed],
        more=more,
        next=map(_tick, coming),
        windows=[map(_tick, window) for window in windows],
        notes=notes,
    )


def _tick(seconds):
    return asked.utc(seconds), asked.utc(seconds)


def _walk(recurring, last, now):
    while True:
        due = recurring.due(last, max(now, last or now))
        if due is None:
            return
        yield due
        last = due


def _skip(recurring, last, moment):
    """The scheduled time of the run before the moment, when there is a run between `last` and it."""
    if last is None:
        last = recurring.due(None, recurring.created)
        if last is None or last >= moment:
            return None
    if recurring.cron is None:
        step = recurring.interval or 1
        return last + max((moment - 1 - last) // step, 0) * step
    if isinstance(recurring.cron, kfp_cron.Every):
        return last + max((moment - 1 - last) // recurring.cron.delay, 0) * recurring.cron.delay
    # Cron forgets where it came from: any time from the last run on does.
    return max(last, moment - 1)


def _script(job):
    """The script that makes the recurring run: beside the compiled file, or the native file itself."""
    file = Path(job["folder"], job["entry"])
    if job["compiled"]:
        return next(iter(sorted(file.parent.glob("*_deploy.py"))), None)
    return file if file.suffix == ".py" else None


def _recurring(script, now):
    """The arguments of the recurring run, where the script has one; its constants are known by name. `now`: when a compiled
    script is run, for it may say where to begin by the clock."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    constants = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            try:
                constants[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "create_recurring_run"
    ]
    if not calls:
        return None
    if len(calls) > 1:
        raise wire.CannotTell(f"{script.name} makes {len(calls)} recurring runs: which one is meant?")
    if len(calls[0].args) > 2:
        raise wire.CannotTell(f"name the arguments of create_recurring_run at {script.name}:{calls[0].lineno}")
    told = {}
    for keyword in calls[0].keywords:
        if keyword.arg is None:
            raise wire.CannotTell(f"the arguments at {script.name}:{calls[0].lineno} are known only when it runs")
        if keyword.arg == "start_time" and now is not None and not isinstance(keyword.value, ast.Constant):
            told[keyword.arg] = _begin(tree, now)
        elif keyword.arg in TIMED:
            told[keyword.arg] = _value(keyword.value, constants, script)
    return told


def _begin(tree, now):
    """What the compiled script's own `start_time` gives."""
    wanted = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "start_time"]
    wanted = [node for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "START"] + wanted
    names = {"datetime": datetime, "timedelta": timedelta, "timezone": timezone}
    exec(compile(ast.Module(wanted, []), "start_time", "exec"), names)
    return names["start_time"](now).strftime("%Y-%m-%dT%H:%M:%SZ")


def _value(node, constants, script):
    if isinstance(node, ast.Name) and node.id in constants:
        return constants[node.id]
    try:
        return ast.literal_eval(node)
    except ValueError:
        where = f"{script.name}:{node.lineno}"
        raise wire.CannotTell(f"`{ast.unparse(node)}` at {where} is known only when the script runs") from None


def _seconds(text):
    if text is None:
        return None
    at = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    return int((at if at.tzinfo else at.replace(tzinfo=timezone.utc)).timestamp())


if __name__ == "__main__":
    asked.serve("kfp", prepare)
