"""What the native code of the old side has, and whether the pipeline that takes its place has it too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from pipeglot.compare.weight import Declared
from pipeglot.core.dataclass import dataclass, field
from pipeglot.core.ir import At, Container, Pipeline
from pipeglot.core.render import printable
from pipeglot.core.shape import Shape, inline
from pipeglot.engines.native import Hook, Native, NativeResources, NativeTask, Retries, Setting
from pipeglot.migrate.declarations import LOWERING, NAMES, Partners, words
from pipeglot.migrate.declared import declared
from pipeglot.migrate.planning.model import Carried, SourcePlace, Trait
from pipeglot.migrate.planning.surroundings import Need, in_python

TITLES = {
    "task": "task",
    "sensor": "sensor",
    "trigger": "task that starts another pipeline",
    "approval": "task that waits for a person",
    "schedule": "schedule",
    "start_date": "start date (start_date)",
    "end_date": "end date (end_date)",
    "catch_up": "catch-up on missed ticks",
    "max_active_runs": "runs at the same time, at most (max_active_runs)",
    "run_timeout": "time limit of a run",
    "run_retries": "retries of a whole run",
    "retries": "retries",
    "timeout": "time limit of an attempt",
    "max_parallel": "instances at the same time, at most",
    "resources": "resources",
    "trigger_rule": "trigger rule (trigger_rule)",
    "priority_weight": "priority (priority_weight)",
    "param": "param",
}
"""How traits are called that are not called by the engine's own word."""

HELP = {
    "task": "write a step for it, name it in a map file of the dry-run, or do without",
    "sensor": "wait in a step that polls, with a time limit, or start the run from outside when it is there",
    "trigger": "include the other pipeline, or let a step start it",
    "approval": "split the pipeline where the person decides, or ask in a step that polls",
    "catch_up": "give the pipeline a start and catch_up=True",
    "schedule": "give the pipeline a schedule",
    "end_date": "stop the schedule by hand on that day",
    "trigger_rule": "write branches as when() and merge(), what runs whatever happens as finally_()",
    "depends_on_past": "max_active_runs=1 keeps runs apart; that the run before succeeded is to be looked up in a step",
    "wait_for_downstream": "max_active_runs=1 keeps runs apart; that the run before ended well is to be looked up in a step",
    "pool": "bound the same work: max_parallel of a loop, max_active_runs, or an option of the target",
    "pool_slots": "bound the same work: max_parallel of a loop, max_active_runs, or an option of the target",
    "priority_weight": "nothing stands for it: see that nothing depends on it",
    "priority": "nothing stands for it: see that nothing depends on it",
    "image": "write a container step, or build one image that has what all steps need",
    "packages": "name them in packages= of the pipeline",
    "tags": "where a limit hangs on it, bound the same work by max_parallel or max_active_runs",
    "queue": "say by resources, or by an option of the target, where a call runs",
    "cache_policy": "it runs every time: see that this is right, and how long it takes",
    "caching": "it runs every time: see that this is right, and how long it takes",
    "partitions": "give the pipeline a schedule with a start, and read run.day",
    "concurrency": "bound the same work: max_parallel of a loop, max_active_runs, or an option of the target",
    "run_retries": "retry the calls, or start the run again by hand",
    "resource": "make what it holds in the steps that use it",
    "max_active_tasks": "bound the same work: max_parallel of a loop, or an option of the target",
}
"""What to do about a trait that the pipeline has not."""

_HOOK = "finally_() is told how the run ended: call it there, or let the new engine's own alerts do it"
_RULE = re.compile(r"\b(?:var\.(?:value|json)\.(\w+)|var\.(?:value|json)\.get\(['\"]([^'\"]+)['\"])")
_CONNECTION = re.compile(r"\bconn\.(\w+)")


@dataclass
class _Draft:
    """A trait with one value, and all the tasks that have it."""

    name: str
    value: str
    tasks: dict[str, tuple[Carried, str]] = field(default_factory=dict)
    places: dict[SourcePlace, None] = field(default_factory=dict)


def traits(pipeline: Pipeline, native: Native, partners: Partners) -> list[Trait]:
    """Every trait of native code, those of the run first, each with all tasks that have the same."""
    told = declared(pipeline, (native, partners))
    drafts: dict[tuple[str, str], _Draft] = {}
    tasks = [task for task in native.tasks if partners.get(task.name) or not native.compiled]
    passed = (LOWERING if native.compiled else NAMES) - {"packages"}
    for task, name, value, at in chain(_run(native), *(_task(one, bool(partners.get(one.name))) for one in tasks)):
        if name in passed or (native.compiled and name.startswith("kubernetes.")):
            continue
        draft = drafts.setdefault((name, value), _Draft(name, value))
        draft.tasks[task] = _carried(name, value, task, partners, told, pipeline)
        if at is not None:
            draft.places[SourcePlace(file=at.file, line=at.line, name=task)] = None
    return [trait for draft in drafts.values() for trait in _traits(draft)]


def _traits(draft: _Draft) -> Iterator[Trait]:
    """One for each of what became of it."""
    for outcome in dict.fromkeys(draft.tasks.values()):
        tasks = tuple(task for task, found in draft.tasks.items() if found == outcome and task)
        lines = {(one.file, one.line): one for one in draft.places if not tasks or one.name in tasks}
        carried, note = outcome
        title = TITLES.get(draft.name, draft.name)
        if draft.name.startswith("on_"):
            title = f"callback on {draft.name.removeprefix('on_')} ({draft.name})"
        yield Trait(
            name=draft.name,
            title=title,
            value=draft.value,
            tasks=tasks,
            places=tuple(lines.values()),
            carried=carried,
            note=note,
            help="" if carried == "yes" else _HOOK if draft.name.startswith("on_") else HELP.get(draft.name, ""),
        )


def _carried(
    name: str, value: str, task: str, partners: Partners, told: Sequence[Declared], pipeline: Pipeline
) -> tuple[Carried, str]:
    """Whether the pipeline says the same, and what it says instead."""
    if task and not partners.get(task):
        return "no", "no call stands for it"
    if name in ("image", "packages"):
        return _provided(name, value, partners.get(task, ()), pipeline)
    names = {name, "retry_delay"} if name == "retries" else {name}
    calls = partners[task] if task else [None]
    rows = [one for one in told if one.call in calls and one.name in names]
    differing = next((one for one in rows if one.verdict == "differ"), None)
    if differing is not None:
        return "no", "the pipeline says nothing of it" if not differing.new else f"the pipeline says {_said(differing)}"
    if any(one.verdict == "agree" for one in rows):
        return "yes", ""
    unknown = next((one for one in rows if one.verdict == "unknown"), None)
    if unknown is not None and "alone has it" not in unknown.note:
        return "unknown", unknown.note
    if name in ("start_date", "catch_up") and pipeline.schedule is None:
        return "no", "the pipeline has no schedule"
    if name == "start_date":
        return "yes", "it is past, and nothing is caught up"
    return "no", "the language has nothing like it"


def _provided(name: str, value: str, calls: Iterable[str], pipeline: Pipeline) -> tuple[Carried, str]:
    """Whether a call has the image, or the pipeline the packages."""
    flat = inline(pipeline)
    if name == "packages":
        missing = [one for one in value.split(", ") if one not in flat.packages]
        return ("no", f"the pipeline does not name {', '.join(missing)}") if missing else ("yes", "")
    steps = {step.name: step.run for step in flat.steps}
    used = [steps[call.step] for call in Shape(flat).calls if call.id in calls]
    same = any(isinstance(run, Container) and run.image == value for run in used)
    return ("yes", "") if same else ("no", "the pipeline runs it in another image, or in none")


def _said(one: Declared) -> str:
    return f"{one.new} s before each retry" if one.name == "retry_delay" else printable(str(one.new), 60)


# ---------------------------------------------------------------- what there is

_Found = tuple[str, str, str, At | None]
"""Task (empty for the run), name, value, place."""


def _run(native: Native) -> Iterator[_Found]:
    places = native.places
    clocks = [one for one in native.schedules if one.kind in ("cron", "interval")]
    for one in native.schedules:
        yield "", "schedule", words([one]) or one.about if one in clocks else one.about, one.at
    if clocks and native.start is not None:
        yield "", "start_date", native.start.isoformat(), places.get("start")
    if native.end is not None:
        yield "", "end_date", native.end.isoformat(), places.get("end")
    if native.schedules and native.catch_up and "catch_up" not in native.unknown:
        yield "", "catch_up", "", places.get("catch_up")
    if native.max_active_runs is not None and "max_active_runs" not in {*native.unknown, *native.assumed}:
        yield "", "max_active_runs", str(native.max_active_runs), places.get("max_active_runs")
    if native.run_timeout is not None:
        yield "", "run_timeout", f"{native.run_timeout:g} s", places.get("run_timeout")
    if native.run_retries.count:
        yield "", "run_retries", _again(native.run_retries), native.run_retries.at
    yield from _extras("", native.hooks, native.settings)


def _task(task: NativeTask, called: bool) -> Iterator[_Found]:
    name, places = task.name, task.places
    if task.kind in ("sensor", "trigger", "approval"):
        how = [f"{one.name[7:]} {_short(one.value)}" for one in task.settings if one.name.startswith("sensor.")]
        yield name, task.kind, ", ".join([task.operator, *how]), task.at
    elif not called and task.kind not in ("empty", "branch"):
        yield name, "task", task.operator, task.at
    if task.retries.count and "retries" not in task.unknown:
        yield name, "retries", _again(task.retries), places.get("retries") or task.at
    if task.timeout is not None:
        yield name, "timeout", f"{task.timeout:g} s", places.get("timeout") or task.at
    if task.at_once is not None:
        yield name, "max_parallel", str(task.at_once), places.get("at_once") or task.at
    if task.image and not (task.kind == "python" and task.image.startswith("python:")):
        yield name, "image", task.image, task.at
    if task.resources is not None and (told := _asked(task.resources)):
        yield name, "resources", told, task.at
    if task.join:
        yield name, "trigger_rule", task.join, places.get("join") or task.at
    yield from _extras(name, task.hooks, task.settings)


def _extras(task: str, hooks: Iterable[Hook], settings: Iterable[Setting]) -> Iterator[_Found]:
    for hook in hooks:
        yield task, f"on_{hook.event}", hook.calls, hook.at
    for one in settings:
        if not one.name.startswith("sensor."):
            yield task, one.name, _short(one.value), one.at


def _short(value: Any) -> str:
    if isinstance(value, list):
        return printable(", ".join(map(str, value)), 100)
    return printable(f"{value:g}" if isinstance(value, float) else str(value), 100)


def _again(retries: Retries) -> str:
    waits = list(dict.fromkeys(retries.waits))
    told = f"{waits[0]:g} s before each" if len(waits) == 1 else ", ".join(f"{wait:g}" for wait in retries.waits[:6])
    more = "" if len(waits) <= 1 else " s before them"
    chance = ", give or take chance" if retries.jitter else ""
    return f"{retries.count}, {told}{more}{chance}" if waits else str(retries.count)


def _asked(resources: NativeResources) -> str:
    told = resources.model_dump(exclude_none=True)
    return ", ".join(f"{name} {value}" for name, value in told.items() if value)


# ---------------------------------------------------------------- what it takes from around it


def native_needs(native: Native) -> list[Need]:
    """Variables, connections and the like that templates, arguments and functions outside of the file itself ask for."""
    found: list[Need] = []
    for task in native.tasks:
        code = task.code.text if task.code is not None and "{{" in task.code.text else ""
        for text in (*task.templates.values(), code):
            for pair in _RULE.findall(text):
                found.append(Need("variable of the engine", pair[0] or pair[1], task.at))
            found += [Need("connection", name, task.at) for name in _CONNECTION.findall(text)]
        for name, value in task.args.items():
            if name.endswith("conn_id") and isinstance(value, str):
                found.append(Need("connection", value, task.at))
        if task.code is not None and task.code.at is not None:
            found += [
                need for need in in_python(task.code.text, task.code.at) if not need.kind.startswith("import of ")
            ]
            if native.engine == "prefect":
                found += _blocks(task.code.text, task.code.at)
    return found


def _blocks(text: str, at: At) -> Iterator[Need]:
    """What Prefect's code loads of its server: `S3Bucket.load("raw")`."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=owner), attr="load"),
                args=[ast.Constant(value=str(name)), *_],
            ) if owner[:1].isupper() and owner != "Secret":
                yield Need(f"block ({owner}) of the engine", name, At(file=at.file, line=at.line + node.lineno - 1))
            case _:
                pass
