"""What a side of a migration declares, in the same words for a pipeline and for native code that was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from pipeglot.core.dataclass import dataclass, field
from pipeglot.core.ir import Call, Cron, Each, Param, Pipeline, Schedule
from pipeglot.core.shape import Shape, inline
from pipeglot.engines.native import Native, NativeResources, NativeSchedule, NativeTask

Partners: TypeAlias = Mapping[str, Sequence[str]]
"""The ids of the calls that a native task stands for, by its name."""

CLOCKS = ("cron", "interval")
NAMES = frozenset({"task_run_name", "flow_run_name", "log_prints", "packages"})
"""Settings that change neither what happens nor when."""
LOWERING = NAMES | {"trigger_rule", "executor_config", "is_teardown", "on_failure_fail_dagrun", "condition"}
"""What pipeglot itself says by an engine's own means in the files that it writes: the pipeline says it too."""
DEFAULT_GPU = "nvidia.com/gpu"


@dataclass(frozen=True)
class Fact:
    """One thing that a side declares.

    Attributes:
        value: a JSON value; times in seconds.
        said: whether somebody wrote it; otherwise it is what is so anyway.
        known: whether this side can tell; otherwise the value means nothing.
        task: what a native side calls the task.
        note: what else there is to know.
    """

    value: Any = None
    said: bool = True
    known: bool = True
    task: str = ""
    note: str = ""


UNSAID = Fact(said=False)


@dataclass
class SideDeclarations:
    """What a side declares: of its calls, of the run, and what only its engine has.

    `calls` by the id of the call, then by name. `clocks` are what starts runs by a clock, None where that is not known.
    `alone` are things without a counterpart: the call if any, the task, the name, and the fact.
    """

    calls: dict[str, dict[str, Fact]] = field(default_factory=dict)
    run: dict[str, Fact] = field(default_factory=dict)
    params: dict[str, Fact] = field(default_factory=dict)
    clocks: tuple[NativeSchedule, ...] | None = ()
    start: Fact = UNSAID
    catch_up: Fact = UNSAID
    alone: list[tuple[str | None, str, str, Fact]] = field(default_factory=list)


# ---------------------------------------------------------------- a pipeline


def of_pipeline(pipeline: Pipeline) -> SideDeclarations:
    """What a pipeline declares."""
    flat = inline(pipeline)
    shape = Shape(flat)
    facts = SideDeclarations()
    for call in [*shape.calls, *([flat.final.call] if flat.final else [])]:
        bounds = [
            node.max_parallel
            for region in (shape.loops(call.id) if call.id in shape.nodes else ())
            if isinstance(node := shape.nodes[region], Each) and node.max_parallel is not None
        ]
        facts.calls[call.id] = _of_call(call, min(bounds, default=None))
    facts.run = {
        "max_active_runs": _number(flat.max_active_runs),
        "run_timeout": _number(flat.run_timeout),
        "run_retries": UNSAID,
    }
    facts.params = {param.name: _default(param) for param in flat.params}
    if flat.schedule is not None:
        facts.clocks = (_clock(flat.schedule),)
        start = flat.schedule.start
        facts.start = UNSAID if start is None else Fact(start.isoformat())
        facts.catch_up = Fact(flat.schedule.catch_up, said=flat.schedule.catch_up)
    return facts


def _of_call(call: Call, bound: int | None) -> dict[str, Fact]:
    policy, retry = call.policy, call.policy.retry
    wanted = policy.resources
    asked = None
    if wanted is not None:
        asked = NativeResources(
            cpu=wanted.cpu,
            memory=wanted.memory,
            gpus=wanted.gpus,
            gpu_type=wanted.gpu_type if wanted.gpus else None,
            node_selector=wanted.node_selector,
        )
    return {
        "retries": Fact(retry.count if retry else 0, said=retry is not None),
        "retry_delay": Fact([float(wait) for wait in retry.waits()] if retry else []),
        "timeout": _number(policy.timeout),
        "max_parallel": _number(bound),
        "tolerance": Fact({"default": policy.on_failure.default}) if policy.on_failure else UNSAID,
        "resources": _asked(asked),
    }


def _number(value: float | None) -> Fact:
    return UNSAID if value is None else Fact(value)


def _asked(resources: NativeResources | None) -> Fact:
    told = {} if resources is None else resources.model_dump(exclude_none=True)
    told = {name: value for name, value in told.items() if value}
    if told.get("gpu_type") == DEFAULT_GPU:
        del told["gpu_type"]
    return Fact(told) if told else UNSAID


def _default(param: Param) -> Fact:
    return Fact(note="required") if param.required else Fact(param.default)


def _clock(schedule: Schedule) -> NativeSchedule:
    timing = schedule.timing
    if isinstance(timing, Cron):
        return NativeSchedule(kind="cron", cron=timing.expression, timezone=timing.timezone)
    return NativeSchedule(kind="interval", seconds=timing.seconds, anchor=schedule.start)


# ---------------------------------------------------------------- native code


def of_native(native: Native, partners: Partners) -> SideDeclarations:
    """What native code declares, its tasks by the calls they stand for."""
    facts = SideDeclarations()
    for task in native.tasks:
        ids = partners.get(task.name, ())
        for id in ids:
            # Of several tasks that stand for a call, the one that is called like it.
            if id not in facts.calls or task.name == id:
                facts.calls[id] = _of_task(task)
        if ids or not native.compiled:  # else a helper of the compiler's, whose policies are no call's
            facts.alone += _of_task_alone(task, ids[0] if ids else None)
    run = {
        "max_active_runs": native.max_active_runs,
        "run_timeout": native.run_timeout,
        "run_retries": native.run_retries.count or None,
    }
    facts.run = {
        name: Fact(value, said=value is not None and name not in native.assumed, known=name not in native.unknown)
        for name, value in run.items()
    }
    # A param is told to every op of Dagster's that has a field of its name.
    facts.params = {
        param.name.rpartition(".")[2] if native.kind == "job" else param.name: Fact(note="required")
        if param.required
        else Fact(param.default)
        for param in reversed(native.params)
    }
    if "schedules" in native.unknown:
        facts.clocks = None
    else:
        facts.clocks = tuple(one for one in native.schedules if one.kind in CLOCKS)
        facts.alone += [(None, "", "schedule", Fact(one.about)) for one in native.schedules if one.kind not in CLOCKS]
    facts.start = Fact(
        native.start and native.start.isoformat(), said=native.start is not None, known="start" not in native.unknown
    )
    facts.catch_up = Fact(native.catch_up, said=bool(native.catch_up), known="catch_up" not in native.unknown)
    facts.alone += [(None, "", "end_date", Fact(native.end.isoformat()))] if native.end else []
    facts.alone += [(None, "", f"on_{hook.event}", Fact(hook.calls)) for hook in native.hooks]
    facts.alone += [(None, "", one.name, Fact(one.value)) for one in native.settings]
    passed = LOWERING if native.compiled else NAMES
    facts.alone = [
        one
        for one in facts.alone
        if one[2] not in passed and not (native.compiled and one[2].startswith("kubernetes."))
    ]
    return facts


def _of_task(task: NativeTask) -> dict[str, Fact]:
    def fact(name: str, value: Any, *, said: bool, field: str | None = None) -> Fact:
        return Fact(value, said=said, known=(field or name) not in task.unknown, task=task.name)

    again = task.retries
    found = {
        "retries": fact("retries", again.count, said=again.count > 0),
        "retry_delay": fact("retry_delay", list(again.waits), said=True, field="retries"),
        "timeout": fact("timeout", task.timeout, said=task.timeout is not None),
        "max_parallel": fact("max_parallel", task.at_once, said=task.at_once is not None, field="at_once"),
        "tolerance": fact("tolerance", task.tolerance and task.tolerance.model_dump(), said=task.tolerance is not None),
        "resources": fact("resources", _asked(task.resources).value, said=_asked(task.resources).said),
    }
    if "tolerance" in task.unknown:
        why = "what a task's own code tolerates is not read"
        found["tolerance"] = Fact(said=False, known=False, task=task.name, note=why)
    if again.jitter is not None:
        found["retry_delay"] = Fact(list(again.waits), task=task.name, note=f"give or take chance ({again.jitter})")
    return found


def _of_task_alone(task: NativeTask, call: str | None) -> Iterator[tuple[str | None, str, str, Fact]]:
    if task.kind in ("sensor", "trigger", "approval"):
        yield call, task.name, task.kind, Fact(task.operator)
    if task.join:
        yield call, task.name, "trigger_rule", Fact(task.join)
    for hook in task.hooks:
        yield call, task.name, f"on_{hook.event}", Fact(hook.calls)
    for setting in task.settings:
        if not setting.name.startswith("sensor."):  # said of the sensor as a whole
            yield call, task.name, setting.name, Fact(setting.value)


def words(clocks: Sequence[NativeSchedule]) -> str | None:
    """Schedules for people.

    >>> words([NativeSchedule(kind="cron", cron="0 2 * * *", timezone="UTC")])
    '0 2 * * * (UTC)'
    """
    told = []
    for one in clocks:
        if one.kind == "cron":
            told.append(f"{one.cron} ({one.timezone})" if one.timezone else f"{one.cron}")
        else:
            told.append(f"every {one.seconds:g} s")
    return "; ".join(told) or None
