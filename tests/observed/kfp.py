"""What a PipelineSpec, its Kubernetes part and the recurring run of its deploy script are expected to have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from pipeglot.core.ir import Cron, Inlined, Pipeline
from tests.observed.common import Facts, Kept, Pair, Pairs, bounds, calls, described, described_groups, step_of, waits

KINDS = {
    "integer": "NUMBER_INTEGER",
    "number": "NUMBER_DOUBLE",
    "string": "STRING",
    "boolean": "BOOLEAN",
    "array": "LIST",
}


def timing(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    have = facts["recurring"]
    yield pipeline.schedule is None, have is None
    if pipeline.schedule is None or have is None:
        return
    told = pipeline.schedule.timing
    if isinstance(told, Cron):  # a field for the seconds comes first
        yield cron(f"0 {told.expression}"), cron(have.get("cron_expression") or "")
        yield told.timezone in ("UTC", "Etc/UTC"), facts["codes"].get("PG286", 0) == 0
    else:
        yield told.seconds, have.get("interval_second")


def cron(text: str) -> tuple[str, frozenset[str]]:
    """A cron line, and its days of the week one by one, Sunday as 0."""
    start, _, days = text.rpartition(" ")
    found: set[str] = set()
    for part in days.split(","):
        first, _, last = part.partition("-")
        numbers = first.isdigit() and (last.isdigit() or not last)
        found |= {str(day % 7) for day in range(int(first), int(last or first) + 1)} if numbers else {part}
    return start, frozenset(found)


def start(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    """The first run comes a second after it, or an interval. What is not caught up begins when the script is run; it counts
    from the start all the same."""
    have = (facts["recurring"] or {}).get("start_time")
    wanted = pipeline.schedule.start if pipeline.schedule else None
    yield wanted is None, have is None
    if pipeline.schedule is None or wanted is None or have is None:
        return
    timing, told = pipeline.schedule.timing, datetime.fromisoformat(have.replace("Z", "+00:00"))
    before = timedelta(seconds=1 if isinstance(timing, Cron) else timing.seconds)
    if pipeline.schedule.catch_up:
        yield wanted - before, told
    else:
        yield True, told >= wanted - before
        yield timedelta(0), (told - wanted) % before


def catch_up(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    wanted = pipeline.schedule is not None and pipeline.schedule.catch_up
    yield wanted, facts["recurring"] is not None and not facts["recurring"]["no_catchup"]


def active_runs(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    """The recurring run keeps it; where there is none, a diagnostic has to say that it is lost."""
    if facts["recurring"] is not None:
        yield pipeline.max_active_runs, facts["recurring"].get("max_concurrency")


def delays(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    """By the formula of Argo, or as the component itself waits."""
    for call in calls(pipeline):
        task = facts["tasks"].get(call.id, {})
        longest = task.get("longest") or float("inf")
        first, factor = task.get("delay", 0), task.get("factor") or 1
        have = [int(min(first * factor**n, longest)) for n in range(task.get("retries", 0))]
        yield (call.id, waits(call)), (call.id, task.get("waits") or have)


def lines(pipeline: Pipeline, facts: Facts) -> dict[str, str]:
    """What the description says line by line: `Owner: x` ..."""
    del pipeline
    found = (line.partition(": ") for line in (facts["description"] or "").splitlines())
    return {name: rest for name, _, rest in found}


def owner(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    yield pipeline.owner, lines(pipeline, facts).get("Owner")


def tags(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    told = lines(pipeline, facts).get("Tags")
    yield sorted(pipeline.tags), sorted(told.split(", ")) if told else []


def description(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    have = facts["description"] or ""
    added = ("Pipeline ", "Owner: ", "Tags: ")
    kept = "\n".join(line for line in have.split("\n") if not line.startswith(added))
    yield pipeline.description.strip(), kept.strip()


def name(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    told = [line for line in (facts["description"] or "").splitlines() if line.startswith("Pipeline ")]
    yield f"Pipeline {pipeline.name}", told[0] if told else f"Pipeline {facts['name']}"


def params(key: str) -> Pairs:
    def pairs(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
        have = facts["params"]
        yield sorted(param.name for param in pipeline.params), sorted(have)
        for param in pipeline.params:
            told = have.get(param.name, {})
            plain = param.type.get("type")
            if key == "type":
                yield (param.name, KINDS.get(plain or "", "STRING")), (param.name, told.get("parameterType"))
                limited = len(bounds({k: v for k, v in param.type.items() if k != "items"})) > 1
                codes = facts["named"].get("PG212", [])
                yield (param.name, limited), (param.name, any(repr(param.name) in each for each in codes))
            elif key == "default" and not param.required:
                value = told.get("defaultValue")
                yield (param.name, param.default), (param.name, value if plain else json.loads(value or "null"))
            elif key == "description":
                text = told.get("description", "")
                yield (param.name, param.description), (param.name, "" if not plain and text == "JSON" else text)
            elif key == "required":
                yield (param.name, param.required), (param.name, not told.get("isOptional", False))

    return pairs


def pod(have: Any) -> dict[str, Any]:
    """What Kubernetes is asked for: requests, limits and node selector."""
    resources, told = have["resources"], {"cpu": "resourceCpuRequest", "memory": "resourceMemoryRequest"}
    devices = resources.get("accelerator", {})
    limits = {"memory": resources["resourceMemoryLimit"]} if "resourceMemoryLimit" in resources else {}
    return {
        "requests": {name: resources[key] for name, key in told.items() if key in resources},
        "limits": {**limits, **({devices["resourceType"]: devices["resourceCount"]} if devices else {})},
        "selector": have.get("nodeSelector", {}).get("labels", {}),
    }


def secrets(have: Any) -> Kept:
    """The secrets that the pod is given."""
    for each in have.get("secretAsEnv", []):
        assert each["secretNameParameter"]["runtimeValue"]["constant"] == each["secretName"]
        for one in each["keyToEnv"]:
            yield one["envVar"], each["secretName"], one["secretKey"]


def installs(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    """A component installs the packages when its step's code imports any; that none does is said."""
    some = False
    for call in calls(pipeline):
        program = facts["tasks"].get(call.id, {}).get("installs", "")
        run = step_of(pipeline, call).run
        own = [chunk.text for chunk in pipeline.code if isinstance(run, Inlined) and run.name in chunk.names]
        wanted = bool(pipeline.packages) and (not own or any("import" in text for text in own))
        some |= wanted
        for package in pipeline.packages:
            yield (call.id, wanted), (call.id, f"'{package}'" in program)
        yield (call.id, wanted and "tzdata" in str(pipeline.packages)), (call.id, "tzdata" in program)
    yield int(bool(pipeline.packages) and not some), facts["codes"].get("PG204", 0)


def run_timeout(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    have = facts["deadline"]
    yield pipeline.run_timeout, None if have is None else int(have)


def descriptions(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    """A docstring of one plain line is kept, and any other description named as lost."""
    for call in calls(pipeline):
        told = described(pipeline, call)
        have = facts["tasks"].get(call.id, {}).get("description") or ""
        yield (call.id, told if _plain(told) else ""), (call.id, have)
    lost = {
        step_of(pipeline, call).name
        for call in calls(pipeline)
        if described(pipeline, call) and not _plain(described(pipeline, call))
    }
    yield len(lost), sum(text.startswith("the description of step ") for text in facts["named"].get("PG205", []))


def _plain(told: str) -> bool:
    return told.isprintable() and not any(char in told for char in '\\"{') and len(told) <= 78


def groups(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    said = [text for text in facts["named"].get("PG205", []) if text.startswith("the description of group ")]
    yield described_groups(pipeline), len(said)


def image(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
    wanted = pipeline.options.get("kfp", {}).get("image")
    for call in calls(pipeline):
        if wanted is not None:
            yield (call.id, wanted), (call.id, facts["tasks"].get(call.id, {}).get("image"))
