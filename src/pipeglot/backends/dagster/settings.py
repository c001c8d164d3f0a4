"""What is told beside the code: the author's own options for Dagster, what the instance has to know, and what is lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pipeglot.codegen import yaml
from pipeglot.codegen.author_options import AuthorOptions, OptionTable
from pipeglot.codegen.clock_changes import clock_changes
from pipeglot.codegen.code import joined
from pipeglot.codegen.pod import listed
from pipeglot.codegen.pysource import Spelling
from pipeglot.core.diagnostic import Diagnostic, Severity
from pipeglot.core.ir import Call, Each, Interval, Json, Pipeline, Schedule
from pipeglot.core.secrets import calls_with_secrets
from pipeglot.core.shape import Shape

from .clock import cron_ticks
from .params import text_choices
from .plan import Plan, RunBody

JOB_OPTIONS = frozenset({"tags", "run_tags", "metadata"})
"""Arguments of `dagster.job` (1.13) that take JSON."""
OP_OPTIONS = frozenset({"tags", "pool", "code_version"})
"""Arguments of `dagster.op` (1.13) that take JSON."""
_TAG = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?\Z")


def say(code: str, severity: Severity, message: str, at: Any = None, help: str = "") -> Diagnostic:
    """A diagnostic of this target."""
    return Diagnostic(code, severity, message, at, help, "dagster")


def options(pipeline: Pipeline, calls: Mapping[str, object]) -> AuthorOptions:
    """`Pipeline.options["dagster"]`: `{"job": {...}, "ops": {call id: {...}}}`."""
    whole, each = OptionTable("job", JOB_OPTIONS, "a Dagster job"), OptionTable("ops", OP_OPTIONS, "the op")
    return AuthorOptions.read(pipeline, "dagster", whole, each, calls.keys())


def job_settings(pipeline: Pipeline, job: str, extra: Mapping[str, Json]) -> dict[str, Any]:
    """The arguments of the job that come from the pipeline's own settings."""
    told: dict[str, Any] = {}
    if pipeline.description:
        told["description"] = pipeline.description
    tags: dict[str, Json] = {tag: "" for tag in pipeline.tags if _TAG.match(tag)}
    metadata: dict[str, Json] = {}
    if pipeline.owner is not None:
        metadata["owner"] = pipeline.owner
    if others := [tag for tag in pipeline.tags if not _TAG.match(tag)]:
        metadata["tags"] = list(others)
    if pipeline.name != job:
        metadata["pipeline"] = pipeline.name
    if pipeline.max_active_runs is not None:
        tags["max_active_runs"] = job
    if pipeline.run_timeout is not None:
        tags["dagster/max_runtime"] = str(pipeline.run_timeout)
    for name, known in (("tags", tags), ("metadata", metadata)):
        more = extra.get(name, {})
        if together := {**known, **(more if isinstance(more, dict) else {})}:
            told[name] = together
    return told | {name: value for name, value in extra.items() if name not in ("tags", "metadata")}


def job_spelling(pipeline: Pipeline, extra: Mapping[str, Json]) -> Spelling:
    """What the arguments of the job are there for."""
    own: dict[str, Spelling] = {
        name: {key: ((f"dagster.job.{name}.{key}", "Pipeline.options"),) for key in inner}
        for name, inner in extra.items()
        if isinstance(inner, dict)
    }
    tags = {tag: "Pipeline.tags" for tag in pipeline.tags}
    limits = {"max_active_runs": "Pipeline.max_active_runs", "dagster/max_runtime": "Pipeline.run_timeout"}
    return {
        "description": "Pipeline.description",
        **own,
        "tags": {**tags, **limits, **own.get("tags", {})},
        "metadata": {"owner": "Pipeline.owner", "tags": "Pipeline.tags", **own.get("metadata", {})},
    }


def instance_file(pipeline: Pipeline, job: str) -> str | None:
    """`dagster.yaml`: what only the instance can keep."""
    settings: dict[str, Json] = {}
    if pipeline.max_active_runs is not None:
        limit = {"key": "max_active_runs", "value": job, "limit": pipeline.max_active_runs}
        settings["concurrency"] = {"runs": {"tag_concurrency_limits": [limit]}}
    if pipeline.run_timeout is not None:
        settings["run_monitoring"] = {"enabled": True, "poll_interval_seconds": 10}
    if not settings:
        return None
    spells = {"concurrency": (("", "Pipeline.max_active_runs"),), "run_monitoring": (("", "Pipeline.run_timeout"),)}
    text = yaml.dump(settings, spells, deeper=2)
    return joined(["# These settings belong into dagster.yaml of the instance, in DAGSTER_HOME.", text])


def losses(pipeline: Pipeline, shape: Shape, plan: Plan, job: str) -> list[Diagnostic]:
    """What Dagster does in another way, or not at all."""
    found = _of_ops(shape, plan, job)
    for node in calls_with_secrets(pipeline):
        message = f"{node.id!r} reads secrets from the environment of its op: {listed(node.policy.secrets)}"
        way_out = "dagster-k8s sets those that say where they are kept; set them where other executors run ops"
        found.append(say("PG208", "note", message, node.at, way_out))
    if any(isinstance(node, Each) and node.max_parallel is not None for node in shape.nodes.values()):
        message = "max_parallel is a limit of the multiprocess executor, which the job now asks for"
        way_out = "give another executor of yours the same tag_concurrency_limits"
        found.append(say("PG269", "note", message, pipeline.at, way_out))
    if pipeline.final is not None:
        message = f"the final call is the job {job}__{plan.final.name if plan.final else ''}, which sensors ask for"
        way_out = "the daemon must be running; with run_retries enabled, each retried run triggers the final job again"
        found.append(say("PG267", "note", message, pipeline.final.at, way_out))
    if pipeline.schedule is not None:
        found += _of_schedule(pipeline, pipeline.schedule)
    if pipeline.max_active_runs is not None:
        message = (
            f"at most {pipeline.max_active_runs} runs at once: the instance enforces it by the limit in dagster.yaml"
        )
        found.append(say("PG263", "warning", message, pipeline.at, "merge it into dagster.yaml of your instance"))
    if pipeline.run_timeout is not None:
        message = "the time limit of the run needs run monitoring, and ends the run as CANCELED"
        found.append(say("PG264", "warning", message, pipeline.at, "see dagster.yaml; the daemon must be running"))
    for param in pipeline.params:
        if ("enum" in param.type or "const" in param.type) and not text_choices(param.type):
            message = f"Dagster does not check the choices of {param.name!r}: it knows only choices of text"
            found.append(say("PG212", "warning", message, param.at))
    return found


def _of_ops(shape: Shape, plan: Plan, job: str) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for op in plan.ops():
        work = op.work
        node = shape.nodes.get(op.node)
        at = None if node is None else node.at
        if isinstance(node, Call) and op.name != node.id:
            message = f"the op of {node.id!r} is called {op.name!r}: Dagster takes letters, digits and _"
            found.append(say("PG207", "note", message, at))
        if isinstance(work, RunBody):
            message = f"every item of {op.node!r} is a separate run of the job {job}__{work.body.job}"
            way_out = "it runs in the process of its op, bypassing the run queue and launcher"
            found.append(say("PG268", "note", message, at, way_out))
        if isinstance(node, Call) and node.policy.timeout is not None:
            message = f"the time limit of {node.id!r} is a signal: it works on POSIX and in the main thread only"
            way_out = "Dagster's own executors run ops in the main thread"
            found.append(say("PG213", "note", message, at, way_out))
        if isinstance(node, Call) and node.policy.on_failure is not None:
            message = f"a failure of {node.id!r} that is tolerated is shown as SUCCESS; its log and metadata report it"
            found.append(say("PG266", "note", message, at))
    return found


def _of_schedule(pipeline: Pipeline, schedule: Schedule) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    if schedule.catch_up and schedule.start is None:
        message = "Dagster does not know from when on ticks were missed"
        found.append(say("PG214", "loss", message, pipeline.at, "give the schedule a start"))
    if isinstance(schedule.timing, Interval) and schedule.start is None:
        message = f"Dagster counts {schedule.timing.seconds} seconds from 1970, not from when it is switched on"
        found.append(say("PG210", "warning", message, pipeline.at, "give the schedule a start"))
    found += clock_changes(pipeline, "dagster", "Dagster", cron_ticks)
    if missing := [param.name for param in pipeline.params if param.required]:
        message = f"scheduled runs have no value for {missing[0]!r}"
        found.append(say("PG209", "error", message, pipeline.at, "give the parameter a default"))
    return found


__all__ = ["instance_file", "job_settings", "job_spelling", "losses", "options", "say"]
