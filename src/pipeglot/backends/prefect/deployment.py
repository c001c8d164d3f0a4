"""prefect.yaml: the deployment of a flow."""

from __future__ import annotations

import re
from typing import Any

from pipeglot.codegen import yaml
from pipeglot.codegen.author_options import AuthorOptions, OptionTable
from pipeglot.codegen.code import Code, joined
from pipeglot.codegen.pysource import Spelling
from pipeglot.codegen.python import header
from pipeglot.core.compat import assert_never
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Cron, Interval, Pipeline, Schedule

_DEPLOYMENT: dict[str, type] = {"work_pool": str, "work_queue": str, "job_variables": dict, "version": str}
_FLOW: dict[str, type] = {"log_prints": bool, "persist_result": bool, "result_storage": str}
OPTIONS = {**_DEPLOYMENT, **_FLOW}
"""What `options["prefect"]` may hold."""


_OFF = {"cron": "0 0 1 1 *", "active": False}
"""In place of no schedule: `prefect deploy` leaves those of an earlier deployment active unless it is given another."""
TEMPLATE = re.compile(r"{{\s*[\w.\-\[\]$]+\s*}}")


def options(pipeline: Pipeline) -> tuple[dict[str, Any], dict[str, Any], list[Diagnostic]]:
    """The options of the flow, those of its deployment, and what is wrong with them."""
    read = AuthorOptions(pipeline, "prefect")
    given = read.own(OptionTable("", OPTIONS, "the target prefect"))
    flow = {name: value for name, value in given.items() if name in _FLOW}
    return flow, {name: value for name, value in given.items() if name in _DEPLOYMENT}, read.diagnostics


def deployment_file(pipeline: Pipeline, name: str, entrypoint: str) -> Code:
    """The text of prefect.yaml for the flow at `entrypoint` (`file.py:function`)."""
    _, wanted, _ = options(pipeline)
    entry: dict[str, Any] = {"name": name, "entrypoint": entrypoint}
    if "version" in wanted:
        entry["version"] = wanted["version"]
    if tags := [tag for tag, kept in all_tags(pipeline) if kept]:
        entry["tags"] = tags
    entry["schedules"] = [_OFF if pipeline.schedule is None else _schedule(pipeline.schedule)]
    if pipeline.max_active_runs is not None:
        entry["concurrency_limit"] = {"limit": pipeline.max_active_runs, "collision_strategy": "ENQUEUE"}
    pool: dict[str, Any] = {"name": wanted.get("work_pool", "default")}
    if "work_queue" in wanted:
        pool["work_queue_name"] = wanted["work_queue"]
    if "job_variables" in wanted:
        pool["job_variables"] = wanted["job_variables"]
    entry["work_pool"] = pool
    # A pool that nobody named is one that nobody has made.
    hint = [] if "work_pool" in wanted else ["# Once: prefect work-pool create --type process default"]
    if pipeline.schedule is None:
        hint.append(
            "# The schedule is off: it replaces those of earlier deployments, which Prefect would leave active."
        )
    text = yaml.dump({"deployments": [entry]}, {"deployments": {"": _spelling(pipeline, wanted)}}, deeper=2)
    return joined([header(pipeline), *hint, text]).of("")


def _spelling(pipeline: Pipeline, wanted: dict[str, Any]) -> Spelling:
    """What the keys of a deployment are there for."""
    option = {name: ((f"prefect.{name}", "Pipeline.options"),) for name in wanted}
    tags = [name for name, there in (("tags", pipeline.tags), ("owner", pipeline.owner)) if there]
    cron = pipeline.schedule is not None and isinstance(pipeline.schedule.timing, Cron)
    timing = {"cron": "Cron.expression", "timezone": "Cron.timezone"}
    return {
        "version": option.get("version", ()),
        "tags": " ".join(f"Pipeline.{name}" for name in tags),
        "schedules": {"": timing if cron else {"interval": "Interval.seconds", "anchor_date": "Schedule.start"}},
        "concurrency_limit": "Pipeline.max_active_runs",
        "work_pool": {
            "name": option.get("work_pool", ()),
            "work_queue_name": option.get("work_queue", ()),
            "job_variables": option.get("job_variables", ()),
        },
    }


def all_tags(pipeline: Pipeline) -> list[tuple[str, bool]]:
    """The tags of a pipeline, its owner among them, and whether prefect.yaml can hold each."""
    tags = [*pipeline.tags, *([] if pipeline.owner is None else [f"owner:{pipeline.owner}"])]
    return [(tag, not TEMPLATE.search(tag)) for tag in tags]


def _schedule(schedule: Schedule) -> dict[str, Any]:
    match schedule.timing:
        case Cron(expression=expression, timezone=zone):
            return {"cron": expression, "timezone": zone}
        case Interval(seconds=seconds):
            anchor = {} if schedule.start is None else {"anchor_date": schedule.start.isoformat()}
            return {"interval": seconds, **anchor, "timezone": "UTC"}
        case _:
            assert_never(schedule.timing)
