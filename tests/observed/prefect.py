"""What Prefect's flow and deployment are expected to have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pipeglot.core.ir import Cron, Pipeline
from tests.observed.common import Facts, Pair, Pairs, bounds, calls, waits


def tags(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    tags = facts["deployment"].get("tags", [])
    yield sorted(pipeline.tags), sorted(tag for tag in tags if not tag.startswith("owner:"))


def owner(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    owners = [tag.partition(":")[2] for tag in facts["deployment"].get("tags", []) if tag.startswith("owner:")]
    yield ([] if pipeline.owner is None else [pipeline.owner]), owners


def timing(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    # One that is off puts an end to that of an earlier deployment.
    schedules = [each for each in facts["deployment"].get("schedules", []) if each.get("active", True)]
    wanted: list[dict[str, Any]] = []
    if pipeline.schedule is not None:
        timing, start = pipeline.schedule.timing, pipeline.schedule.start
        if isinstance(timing, Cron):
            wanted = [{"cron": timing.expression, "timezone": timing.timezone}]
        else:
            anchor = {} if start is None else {"anchor_date": start.isoformat()}
            wanted = [{"interval": timing.seconds, "timezone": "UTC", **anchor}]
    yield wanted, [{k: duration(v) if k == "interval" else v for k, v in each.items()} for each in schedules]


def duration(text: str | float) -> float:
    """Seconds of an ISO 8601 duration."""
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", str(text))
    if found is None:
        return float(text)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def delays(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    for call in calls(pipeline):
        task = facts["tasks"].get(call.id, {})
        retries, delays = task.get("retries", 0), task.get("delays") or 0
        have = [delays[min(n, len(delays) - 1)] if isinstance(delays, list) else delays for n in range(retries)]
        yield (call.id, waits(call)), (call.id, have)


def params(key: str) -> Pairs:
    def pairs(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
        have = facts["params"].get("properties", {})
        yield [param.name for param in pipeline.params], list(have)
        for param in pipeline.params:
            schema = have.get(param.name, {})
            if key == "type":
                yield (param.name, bounds(param.type)), (param.name, bounds(schema))
            elif key == "default":
                yield (param.name, param.default), (param.name, schema.get("default"))
            elif key == "description":
                yield (param.name, param.description), (param.name, schema.get("description", ""))
        if key == "required":
            yield [p.name for p in pipeline.params if p.required], facts["params"].get("required", [])

    return pairs


def limit(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    limit = facts["deployment"].get("concurrency_limit")
    yield pipeline.max_active_runs, limit["limit"] if isinstance(limit, dict) else limit


def description(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    """Without one, Prefect takes the flow's docstring, which describes the parameters."""
    have = facts["description"] or ""
    yield pipeline.description, "" if not pipeline.description and "\n\nArgs:\n" in have else have
