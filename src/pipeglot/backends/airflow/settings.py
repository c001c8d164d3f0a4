"""What the DAG and its tasks are told besides code: schedule, params, policies, and the author's own
options.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pipeglot.backends.airflow.xcom import changed_constants
from pipeglot.codegen import pod
from pipeglot.codegen.author_options import AuthorOptions, OptionTable
from pipeglot.codegen.clock_changes import clock_changes
from pipeglot.codegen.intervals import interval_as_cron
from pipeglot.codegen.names import Imports
from pipeglot.codegen.pysource import Atom, Bracket, Doc, Entry, Spelling, call, duration, flat, literal, spelled
from pipeglot.codegen.python import deaf_to_time_limits, packages_note
from pipeglot.core.compat import assert_never
from pipeglot.core.diagnostic import Diagnostic, Severity
from pipeglot.core.ir import Call, Const, Cron, Each, Interval, Param, Pipeline, Policy, Retry, walk
from pipeglot.core.secrets import calls_with_secrets

from .clock import cron_ticks

DAG_OPTIONS = frozenset(
    {
        "allowed_run_types",
        "auto_register",
        "dag_display_name",
        "disable_bundle_versioning",
        "end_date",
        "fail_fast",
        "is_paused_upon_creation",
        "max_active_tasks",
        "max_consecutive_failed_dag_runs",
        "owner_links",
        "rerun_with_latest_version",
        "template_searchpath",
    }
)
"""Arguments of `airflow.sdk.DAG` (3.3) that take JSON and that pipeglot does not set itself."""

TASK_OPTIONS = frozenset(
    {
        "depends_on_past",
        "doc",
        "executor",
        "executor_config",
        "ignore_first_depends_on_past",
        "map_index_template",
        "max_active_tis_per_dag",
        "pool",
        "pool_slots",
        "priority_weight",
        "queue",
        "run_as_user",
        "wait_for_downstream",
        "wait_for_past_depends_before_skipping",
        "weight_rule",
    }
)
"""Arguments of `airflow.sdk.BaseOperator` (3.3) that take JSON and that pipeglot does not set itself."""

CONTEXT = frozenset(
    [
        "asset_state_store",
        "conn",
        "dag",
        "dag_run",
        "data_interval_end",
        "data_interval_start",
        "ds",
        "ds_nodash",
        "exception",
        "expanded_ti_count",
        "inlet_events",
        "inlets",
        "logical_date",
        "macros",
        "map_index_template",
        "outlet_events",
        "outlets",
        "params",
        "partition_date",
        "partition_key",
        "prev_data_interval_end_success",
        "prev_data_interval_start_success",
        "prev_end_date_success",
        "prev_start_date_success",
        "reason",
        "run_id",
        "task",
        "task_instance",
        "task_instance_key_str",
        "task_reschedule_count",
        "task_state_store",
        "templates_dict",
        "test_mode",
        "ti",
        "triggering_asset_events",
        "try_number",
        "ts",
        "ts_nodash",
        "ts_nodash_with_tz",
        "var",
    ]
)
"""Argument names that Airflow fills in itself."""

DAY = 86_400


def say(code: str, severity: Severity, message: str, at: Any = None, help: str = "") -> Diagnostic:
    """A diagnostic of this target."""
    return Diagnostic(code, severity, message, at, help, "airflow")


def task_options(pipeline: Pipeline, calls: Mapping[str, object]) -> AuthorOptions:
    """`Pipeline.options["airflow"]`: `{"dag": {...}, "tasks": {call id: {...}}}`."""
    whole, each = (
        OptionTable("dag", DAG_OPTIONS, "an Airflow DAG"),
        OptionTable("tasks", TASK_OPTIONS, "the Airflow task"),
    )
    return AuthorOptions.read(pipeline, "airflow", whole, each, calls.keys())


def policy(policy: Policy) -> dict[str, Any]:
    """A call's policy as arguments of its task."""
    told: dict[str, Any] = {}
    if policy.retry is not None:
        told |= _retry(policy.retry)
    if policy.timeout is not None:
        told["execution_timeout"] = timedelta(seconds=policy.timeout)
    return told


def _retry(retry: Retry) -> dict[str, Any]:
    told: dict[str, Any] = {"retries": retry.count, "retry_delay": timedelta(seconds=retry.wait(1))}
    waits = retry.waits()
    if len(set(waits)) > 1:
        # Airflow adds up to as much again, and stops growing at a day unless it is told another maximum.
        told["retry_exponential_backoff"] = retry.backoff
        if retry.max_delay is not None or max(waits) > DAY:
            told["max_retry_delay"] = timedelta(seconds=7 * DAY if retry.max_delay is None else retry.max_delay)
    return told


def dag(pipeline: Pipeline, dag_id: str, engine: Any, settings: AuthorOptions) -> Bracket:
    """The call of DAG."""
    cron = pipeline.schedule is not None and isinstance(pipeline.schedule.timing, Cron)
    spells: Spelling = {
        "description": "Pipeline.description",
        "doc_md": "Pipeline.description",
        "schedule": {"": "Cron.expression", "timezone": "Cron.timezone"} if cron else "Interval.seconds",
        "start_date": "Schedule.start",
        "catchup": "Schedule.catch_up",
        "max_active_runs": "Pipeline.max_active_runs",
        "dagrun_timeout": "Pipeline.run_timeout",
        "params": {param.name: ((param.name, "Pipeline.params"),) for param in pipeline.params},
        "default_args": "Pipeline.owner",
        "tags": "Pipeline.tags",
        **{name: ((f"airflow.dag.{name}", "Pipeline.options"),) for name in settings.whole},
    }
    return spelled(call(engine("airflow.sdk", "DAG"), **_arguments(pipeline, dag_id, engine, settings)), spells)


def _arguments(pipeline: Pipeline, dag_id: str, engine: Any, settings: AuthorOptions) -> dict[str, Any]:
    """The arguments of DAG(...), in the order they are written."""
    told: dict[str, Any] = {"dag_id": dag_id}
    if dag_id != pipeline.name:
        told["dag_display_name"] = pipeline.name
    if pipeline.description:
        told["description"] = pipeline.description
        if "\n" in pipeline.description:
            # A text that ends in `.md` would be taken for the name of a file.
            told["doc_md"] = pipeline.description + ("\n" if pipeline.description.endswith(".md") else "")
    told |= _schedule(pipeline, engine)
    if pipeline.max_active_runs is not None:
        told["max_active_runs"] = pipeline.max_active_runs
    if pipeline.run_timeout is not None:
        engine("datetime", "timedelta")
        told["dagrun_timeout"] = duration(pipeline.run_timeout)
    if pipeline.params:
        name = engine("airflow.sdk", "Param")
        told["params"] = {param.name: _param(param, name) for param in pipeline.params}
    if pipeline.owner is not None:
        told["default_args"] = {"owner": pipeline.owner}
    if pipeline.tags:
        told["tags"] = list(pipeline.tags)
    return told | settings.whole


def _schedule(pipeline: Pipeline, engine: Any) -> dict[str, Any]:
    schedule = pipeline.schedule
    if schedule is None:
        return {"schedule": None, "catchup": False}
    told: dict[str, Any] = {}
    match schedule.timing:
        case Cron(expression=cron, timezone=zone):
            name = engine("airflow.sdk", "CronTriggerTimetable")
            told["schedule"] = call(name, cron, timezone=zone)
        case Interval(seconds=seconds):
            cron_text = None if schedule.start is None else interval_as_cron(seconds, schedule.start.timestamp())
            if cron_text is not None:
                name = engine("airflow.sdk", "CronTriggerTimetable")
                told["schedule"] = call(name, cron_text, timezone="UTC")
            else:
                engine("datetime", "timedelta")
                name = engine("airflow.sdk", "DeltaTriggerTimetable")
                told["schedule"] = call(name, duration(seconds))
        case _:
            assert_never(schedule.timing)
    if schedule.start is not None:
        start = schedule.start
        pendulum = engine("pendulum", "")
        parts = [start.year, start.month, start.day, start.hour, start.minute, start.second]
        while len(parts) > 3 and parts[-1] == 0:
            parts.pop()
        told["start_date"] = call(f"{pendulum}.datetime", *parts, tz="UTC")
    told["catchup"] = schedule.catch_up
    return told


def _param(param: Param, name: str) -> Doc:
    schema = _simple(param.type)
    schema = {k: v for k, v in schema.items() if k not in ("default", "description")}
    entries = [] if param.required else [Entry("", literal(param.default))]
    plain = {k: v for k, v in schema.items() if k.isidentifier() and k not in ("schema", "source")}
    order = sorted(plain, key=lambda key: key != "type")
    entries += [Entry(f"{key}=", literal(plain[key])) for key in order]
    if param.description:
        entries.append(Entry("description=", literal(param.description)))
    rest = {k: v for k, v in schema.items() if k not in plain}
    if rest:
        entries.append(Entry("**", literal(rest)))
    return Bracket(f"{name}(", tuple(entries), ")")


def _simple(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without titles, and with definitions where they are used; as it is when one uses itself."""
    known = schema.get("$defs", {})
    uses = {name: set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(inner))) for name, inner in known.items()}
    while plain := [name for name, used in uses.items() if not used & uses.keys()]:
        for name in plain:
            del uses[name]
    return schema if uses else _inlined({k: v for k, v in schema.items() if k != "$defs"}, known)


def _inlined(schema: Any, known: dict[str, Any]) -> Any:
    match schema:
        case {"$ref": str(ref), **rest} if ref.removeprefix("#/$defs/") in known:
            return _inlined({**known[ref.removeprefix("#/$defs/")], **rest}, known)
        case {"anyOf": [{"type": "integer"}, {"type": "number"}], **rest} if not rest:
            return {"type": "number"}
        case dict():
            return {key: _part(key, value, known) for key, value in schema.items() if key != "title"}
        case list():
            return [_inlined(inner, known) for inner in schema]
    return schema


def _part(key: str, value: Any, known: dict[str, Any]) -> Any:
    """One keyword's value: data stays, names of properties are no keywords."""
    if key in ("enum", "const", "default", "examples", "required"):
        return value
    if key == "properties":
        return {name: _inlined(inner, known) for name, inner in value.items()}
    return _inlined(value, known)


def diagnose(pipeline: Pipeline) -> list[Diagnostic]:
    """What Airflow does otherwise than the pipeline says."""
    found = [*packages_note(pipeline, "airflow"), *deaf_to_time_limits(pipeline, "airflow")]
    for node in walk(pipeline.body):
        if isinstance(node, Each) and not isinstance(node.items, Const):
            message = f"{node.id!r} fails over more than 1,024 items, unless `core.max_map_length` allows more"
            found.append(say("PG227", "note", message, node.at))
        retry = node.policy.retry if isinstance(node, Call) else None
        if retry is not None and len(set(retry.waits())) > 1:
            message = f"Airflow waits up to twice as long as specified between the attempts of {node.id!r}"
            found.append(say("PG226", "note", message, node.at))
        if isinstance(node, Call) and node.policy.resources is not None:
            message = f"the resources of {node.id!r} are those of its pod under the KubernetesExecutor alone"
            way_out = "the DAG file imports `kubernetes`: install the cncf.kubernetes provider where DAGs are parsed"
            found.append(say("PG211", "note", message, node.at, way_out))
    found += changed_constants(pipeline)
    for node in calls_with_secrets(pipeline):
        message = f"{node.id!r} reads secrets from the environment of its worker: {pod.listed(node.policy.secrets)}"
        way_out = "the KubernetesExecutor sets those that say where they are kept; set them on other executors' workers"
        if pod.variables(node.policy.secrets):
            way_out += "; DAGs are parsed where the cncf.kubernetes provider is"
        found.append(say("PG208", "note", message, node.at, way_out))
    return [*found, *_of_runs(pipeline)]


def _of_runs(pipeline: Pipeline) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    schedule = pipeline.schedule
    for param in pipeline.params:
        if param.required and schedule is not None:
            message = f"the param {param.name!r} has no default, and Airflow refuses that in a scheduled DAG"
            found.append(say("PG209", "error", message, param.at, "give the param a default"))
    for tag in pipeline.tags:
        if len(tag) > 100:
            message = f"a tag of {len(tag)} characters: Airflow takes 100"
            found.append(say("PG223", "error", message, pipeline.at, "shorten the tag"))
    if schedule is not None and schedule.start is not None and not schedule.catch_up:
        message = "when the DAG is deployed after its start date, Airflow also runs the latest missed tick"
        found.append(say("PG224", "note", message, pipeline.at, "unpause it right before a tick to avoid that"))
    if schedule is not None and isinstance(schedule.timing, Interval) and not schedule.catch_up:
        start = schedule.start
        if start is None or interval_as_cron(schedule.timing.seconds, start.timestamp()) is None:
            message = (
                f"without catching up, Airflow counts {schedule.timing.seconds} seconds from the moment "
                "the DAG is deployed, "
            ) + ("and starts a run at once" if start is None else "not from its start date")
            way_out = "turn catch-up on, or choose a start date and an interval that divides a day"
            found.append(say("PG210", "loss", message, pipeline.at, way_out))
    found += clock_changes(pipeline, "airflow", "Airflow", cron_ticks)
    return found


__all__ = [
    "CONTEXT",
    "Atom",
    "Imports",
    "dag",
    "diagnose",
    "flat",
    "policy",
    "say",
    "task_options",
]
