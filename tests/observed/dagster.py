"""What Dagster's definitions are expected to have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from croniter import croniter

from pipeglot.core.ir import Cron, Each, Interval, Pipeline, walk
from tests.observed.common import Facts, Kept, Pair, Pairs, bounds, environment, ticks


def timing(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    have = facts["schedule"]
    yield pipeline.schedule is None, have is None
    if pipeline.schedule is None or have is None:
        return
    told, start = pipeline.schedule.timing, pipeline.schedule.start
    yield "RUNNING", have["running"]
    if isinstance(told, Cron):
        yield (told.expression, told.timezone), (have.get("cron"), have.get("timezone"))
    elif "seconds" in have:
        yield told.seconds, have["seconds"]
    else:
        yield from as_cron(told, start, have["cron"])


def as_cron(told: Interval, start: datetime | None, expression: str) -> Iterator[Pair]:
    assert start is not None
    first = croniter(expression, start - timedelta(seconds=1))
    yield ticks(told, start), [first.get_next(datetime).isoformat() for _ in range(4)]


def start(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    wanted = pipeline.schedule.start if pipeline.schedule else None
    have = (facts["schedule"] or {}).get("start")
    yield wanted, datetime.fromisoformat(have) if have else None


def catch_up(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    """A schedule cannot (PG214), the sensor of an interval can."""
    wanted = pipeline.schedule is not None and pipeline.schedule.catch_up
    have = bool((facts["schedule"] or {}).get("catch_up"))
    yield wanted, have or facts["codes"].get("PG214", 0) > 0


def tags(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    own = [tag for tag in facts["tags"] if tag not in ("max_active_runs", "dagster/max_runtime")]
    yield sorted(pipeline.tags), sorted([*own, *facts["metadata"].get("tags", [])])


def owner(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    yield pipeline.owner, facts["metadata"].get("owner")


def active_runs(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    limits = facts["settings"].get("concurrency", {}).get("runs", {}).get("tag_concurrency_limits", [])
    tagged = facts["tags"].get("max_active_runs")
    yield pipeline.max_active_runs, next((each["limit"] for each in limits if each["value"] == tagged), None)
    yield int(pipeline.max_active_runs is not None), facts["codes"].get("PG263", 0)


def run_timeout(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    told = facts["tags"].get("dagster/max_runtime")
    yield pipeline.run_timeout, None if told is None else int(told)
    yield pipeline.run_timeout is not None, facts["settings"].get("run_monitoring", {}).get("enabled", False)


def params(key: str) -> Pairs:
    def pairs(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
        have = facts["params"].get("properties", {})
        used = [param for param in pipeline.params]
        yield sorted(param.name for param in used), sorted(have)
        for param in used:
            schema = have.get(param.name, {})
            if key == "type" and param.type.get("type") == "number" and "type" not in schema:
                continue  # `Any`, on purpose: where it is written out, Dagster would make a float of a whole number
            if key == "type":
                yield (param.name, bounds(param.type)), (param.name, bounds(schema))
            elif key == "default":
                yield (param.name, param.default), (param.name, schema.get("default"))
            elif key == "description":
                yield (param.name, param.description), (param.name, schema.get("description", ""))
            elif key == "required":
                yield (param.name, param.required), (param.name, param.name in facts["params"].get("required", []))

    return pairs


def pod(have: Any) -> dict[str, Any]:
    """What Kubernetes is asked for: requests, limits and node selector."""
    resources = have.get("container_config", {}).get("resources", {})
    return {
        "requests": resources.get("requests", {}),
        "limits": resources.get("limits", {}),
        "selector": have.get("pod_spec_config", {}).get("node_selector", {}),
    }


def secrets(have: Any) -> Kept:
    """The secrets that the pod is given."""
    return environment(have.get("container_config", {}))


def at_once(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    wanted = [
        [inner.id, node.max_parallel]
        for node in walk(pipeline.body)
        if isinstance(node, Each) and node.max_parallel is not None
        for inner in walk(node.body)
    ]
    yield wanted, facts["executor"]


def options(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    told: Any = pipeline.options.get("dagster", {})
    yield told.get("job", {}).get("metadata", {}).get("team"), facts["metadata"].get("team")
