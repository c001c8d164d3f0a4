"""prefect.yaml, and what of a pipeline's deployment Prefect cannot keep."""

from __future__ import annotations

import re
from typing import Any

from typing_extensions import assert_never

from pipeglot.codegen import yaml
from pipeglot.codegen.author_options import AuthorOptions, OptionTable
from pipeglot.codegen.clock_changes import clock_changes
from pipeglot.codegen.code import Code, joined
from pipeglot.codegen.pysource import Spelling
from pipeglot.codegen.python import header
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Cron, Interval, Pipeline, Schedule

from .clock import cron_ticks

_DEPLOYMENT: dict[str, type] = {"work_pool": str, "work_queue": str, "job_variables": dict, "version": str}
_FLOW: dict[str, type] = {"log_prints": bool, "persist_result": bool, "result_storage": str}
OPTIONS = {**_DEPLOYMENT, **_FLOW}
"""What `options["prefect"]` may hold."""


_OFF = {"cron": "0 0 1 1 *", "active": False}
"""In place of no schedule: `prefect deploy` leaves those of an earlier deployment active unless it is given another."""
_TEMPLATE = re.compile(r"{{\s*[\w.\-\[\]$]+\s*}}")


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
    if tags := _tags(pipeline):
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


def _all_tags(pipeline: Pipeline) -> list[str]:
    return [*pipeline.tags, *([] if pipeline.owner is None else [f"owner:{pipeline.owner}"])]


def _tags(pipeline: Pipeline) -> list[str]:
    return [tag for tag in _all_tags(pipeline) if not _TEMPLATE.search(tag)]


def _schedule(schedule: Schedule) -> dict[str, Any]:
    match schedule.timing:
        case Cron(expression=expression, timezone=zone):
            return {"cron": expression, "timezone": zone}
        case Interval(seconds=seconds):
            anchor = {} if schedule.start is None else {"anchor_date": schedule.start.isoformat()}
            return {"interval": seconds, **anchor, "timezone": "UTC"}
        case _:
            assert_never(schedule.timing)


def losses(pipeline: Pipeline) -> list[Diagnostic]:
    """What the deployment cannot keep."""
    found: list[Diagnostic] = []

    def say(code: str, severity: Any, message: str, way_out: str = "") -> None:
        found.append(Diagnostic(code, severity, message, pipeline.at, way_out, "prefect"))

    schedule = pipeline.schedule
    if schedule is None:
        message = "no schedule: Prefect would leave one of an earlier deployment active, so the deployment has an inactive one"
        say(
            "PG249",
            "note",
            message,
            "what is scheduled by hand on the server is replaced too when it is deployed again",
        )
    if schedule is not None and schedule.start is not None:
        start = schedule.start.isoformat()
        message = f"Prefect runs the schedule from its deployment on, also before the start date {start}"
        say("PG241", "warning", message, "deploy after that date, or keep the deployment paused until then")
    if schedule is not None and schedule.catch_up:
        message = "Prefect does not catch up: ticks from before the deployment are not run"
        say(
            "PG214",
            "loss",
            message,
            "start them by hand, with a scheduled time, or allow the loss with PG214",
        )
    found += clock_changes(pipeline, "prefect", "Prefect", cron_ticks)
    for tag in _all_tags(pipeline):
        if _TEMPLATE.search(tag):
            message = f"the tag {tag!r} is left out: prefect.yaml would read it as a template"
            say("PG215", "loss", message, "write it without double braces")
    if _TEMPLATE.search(pipeline.description):
        message = "deploying reads the description as a template: the deployment loses what stands in {{ }}"
        say("PG215", "warning", message, "leave out the double braces; the flow itself keeps them")
    return found
