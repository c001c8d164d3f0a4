"""What Airflow's DAG is expected to have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from pipeglot.core.ir import Cron, Each, Group, Interval, Pipeline, walk
from pipeglot.core.types import options as alternatives
from tests.observed.common import Facts, Kept, Pair, Pairs, bounds, calls, environment, ticks, waits


def timing(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    timetable = facts["timetable"]
    if pipeline.schedule is None:
        yield "NullTimetable", timetable["__type"].rpartition(".")[2]
    elif isinstance(told := pipeline.schedule.timing, Cron):
        yield (
            (told.expression, told.timezone),
            tuple(timetable["__var"].get(name) for name in ("expression", "timezone")),
        )
    else:
        yield from interval(told, pipeline.schedule.start, timetable)


def interval(timing: Interval, start: datetime | None, timetable: Mapping[str, Any]) -> Iterator[Pair]:
    told = timetable["__var"]
    if "expression" not in told:
        yield timing.seconds, told.get("delta")
        return
    from croniter import croniter

    assert start is not None
    first = croniter(told["expression"], start - timedelta(seconds=1))
    yield ticks(timing, start), [first.get_next(datetime).isoformat() for _ in range(4)]


def delays(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    """The waits by Airflow's own formula, which then adds up to as much again (PG226)."""
    for call in calls(pipeline):
        task = facts["tasks"].get(call.id, {})
        longest = task.get("max_retry_delay") or float("inf")
        factor = task.get("backoff") or 1
        have = [int(min(task.get("retry_delay", 0) * factor**n, longest)) for n in range(task.get("retries", 0))]
        yield (call.id, waits(call)), (call.id, have)


def params(key: str) -> Pairs:
    def pairs(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
        yield sorted(param.name for param in pipeline.params), sorted(facts["params"])
        for param in pipeline.params:
            have = facts["params"].get(param.name, {"schema": {}})
            if key == "type":
                yield (param.name, bounds(param.type)), (param.name, bounds(have["schema"]))
            elif key == "default":
                yield (param.name, param.default), (param.name, have.get("value"))
            elif key == "description":
                yield (param.name, param.description), (param.name, have.get("description") or "")

    return pairs


def required(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    for param in pipeline.params:
        have = facts["params"].get(param.name, {})
        optional = have.get("given") or any(each.get("type") == "null" for each in alternatives(have.get("schema", {})))
        yield (param.name, param.required), (param.name, not optional)


def pod(have: Any) -> dict[str, Any]:
    """What Kubernetes is asked for: requests, limits and node selector."""
    resources = have["spec"]["containers"][0].get("resources", {})
    return {
        "requests": resources.get("requests", {}),
        "limits": resources.get("limits", {}),
        "selector": have["spec"].get("nodeSelector", {}),
    }


def secrets(have: Any) -> Kept:
    """The secrets that the pod is given."""
    return environment(have["spec"]["containers"][0])


def tooltips(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    for node in walk(pipeline.body):
        if isinstance(node, Group):
            yield (node.id, node.description), (node.id, facts["groups"].get(node.id))


def at_once(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    for node in walk(pipeline.body):
        if isinstance(node, Each):
            for inner in walk(node.body):
                yield (inner.id, node.max_parallel), (inner.id, facts["tasks"].get(inner.id, {}).get("at_once"))


def owner(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    for call in calls(pipeline):
        yield (call.id, pipeline.owner or "airflow"), (call.id, facts["tasks"].get(call.id, {}).get("owner"))


def options(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    told: Any = pipeline.options.get("airflow", {})
    yield told.get("dag", {}).get("max_active_tasks", 16), facts["max_active_tasks"]
