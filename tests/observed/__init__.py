"""How each attribute of the IR is observed to have reached an engine: the table of the no-silent-loss test.

Three ways. `Seen`: the loaded engine object shows it, or a diagnostic names it; `tests/inspect/TARGET.py` prints what
the object has, and the expectations here are made from the IR alone. `Ran`: what runs do depends on it, which the
conformance corpus proves by cases of the named feature. `Nothing`: it means nothing to an engine, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeglot import backends
from tests.observed import airflow, dagster, kfp, prefect
from tests.observed.common import (
    Pairs,
    catches_up,
    count,
    cpus,
    described,
    devices,
    every,
    fact,
    pod,
    resourceful,
    said,
    secrets,
    starts,
    waits,
    words,
)


@dataclass(frozen=True)
class Ran:
    """Proved by runs of corpus cases with this feature."""

    feature: str


@dataclass(frozen=True)
class Seen:
    """`pairs(pipeline, facts)` per target, all of them equal; or the attribute with which, as a whole, a diagnostic
    says it is lost; or runs prove it there."""

    targets: Mapping[str, Pairs | str | Ran]


@dataclass(frozen=True)
class Nothing:
    """No engine is to make anything of it."""

    why: str


_VALUES, _NAME = Ran("values"), Nothing("which class of node it is")
_WHERE = Nothing("where the author wrote it; no part of what it means")
_STRUCTURE = Ran("call")
_TYPE = Nothing("what a value's type is: it decides what is refused and how values are built, and is none itself")

_timing = Seen({"kfp": kfp.timing, "airflow": airflow.timing, "dagster": dagster.timing, "prefect": prefect.timing})
_delays = Seen(
    {"kfp": kfp.delays, "airflow": airflow.delays, "dagster": every(waits, "waits"), "prefect": prefect.delays}
)


def _pods(read: Callable[[Any], Any], told: Callable[[Any], Any]) -> Seen:
    """What the pods of calls are asked for. A Prefect task has none, which a diagnostic says of each call."""
    targets = {"airflow": airflow.pod, "dagster": dagster.pod, "kfp": kfp.pod}
    return Seen({**{name: pod(normal, read, told) for name, normal in targets.items()}, "prefect": "Policy.resources"})


def _secrets(part: int) -> Seen:
    """A part of the secrets of calls. A Prefect task has no pod: a diagnostic says of each call what it reads."""
    return Seen(
        {
            "airflow": secrets(part, "PG208", airflow.secrets),
            "dagster": secrets(part, "PG208", dagster.secrets),
            "kfp": secrets(part, "PG208", kfp.secrets),
            "prefect": secrets(part, "PG208", lambda pod: ()),
        }
    )


OBSERVED: dict[str, Seen | Ran | Nothing] = {
    **{f"At.{name}": _WHERE for name in ("file", "line")},
    "Const.value": _VALUES,
    "ParamRef.name": Ran("params"),
    "ParamRef.path": Ran("params"),
    "Out.ref": _STRUCTURE,
    "Out.path": _VALUES,
    "Item.loop": Ran("each.static"),
    "Item.path": Ran("each.static"),
    "Ctx.name": Ran("context"),
    "ListOf.items": _VALUES,
    "DictOf.items": _VALUES,
    "Text.parts": _VALUES,
    **{f"Compare.{name}": Ran("if") for name in ("op", "left", "right")},
    **{f"IsIn.{name}": Ran("if") for name in ("value", "options")},
    "All.operands": Ran("if"),
    "Any_.operands": Ran("if"),
    "Not.operand": Ran("if"),
    "SourceFragment.kind": Nothing("sorts the statements of the author's file, which are written as they are"),
    "SourceFragment.names": Nothing("indexes the statements of the author's file, which are written as they are"),
    "SourceFragment.text": Ran("inlined"),
    "Imported.module": Ran("imported"),
    "Imported.attr": Ran("imported"),
    "Inlined.name": Ran("inlined"),
    "Shell.script": Ran("shell"),
    "Container.image": Ran("container"),
    "Container.command": Ran("container"),
    "Parameter.name": _STRUCTURE,
    "Parameter.type": _TYPE,
    "Parameter.has_default": _STRUCTURE,
    "Step.name": Nothing("joins calls to what they call"),
    "Step.run": _STRUCTURE,
    "Step.parameters": _STRUCTURE,
    "Step.returns": _TYPE,
    "Step.description": Seen(
        {
            "dagster": words(described, "description"),
            "kfp": kfp.descriptions,
            "airflow": words(described, "doc"),
            "prefect": words(described, "description"),
        }
    ),
    "Retry.count": Seen(
        {
            "dagster": every(count, "retries"),
            "kfp": every(count, "retries"),
            "airflow": every(count, "retries"),
            "prefect": every(count, "retries"),
        }
    ),
    "Retry.delay": _delays,
    "Retry.backoff": _delays,
    "Retry.max_delay": _delays,
    "Continue.default": Ran("continue"),
    "Effects.kind": Nothing("what a migration's dry-run does; no engine makes anything of it"),
    "Effects.has_answer": Nothing("what a migration's dry-run does; no engine makes anything of it"),
    "Effects.answer": Nothing("what a migration's dry-run does; no engine makes anything of it"),
    "Resources.cpu": _pods(lambda p: cpus(p["requests"].get("cpu", "0")), lambda r: r.cpu),
    "Resources.memory": _pods(
        lambda p: (p["requests"].get("memory"), p["limits"].get("memory")), lambda r: (r.memory, r.memory)
    ),
    "Resources.gpus": _pods(lambda p: sum(devices(p["limits"]).values()), lambda r: r.gpus or 0),
    "Resources.gpu_type": _pods(lambda p: list(devices(p["limits"])), lambda r: [r.gpu_type] if r.gpus else []),
    "Resources.node_selector": _pods(lambda p: p["selector"], lambda r: r.node_selector),
    "Policy.retry": _delays,
    "Policy.timeout": Seen(
        {
            "dagster": every(lambda call: call.policy.timeout, "timeout"),
            "kfp": every(lambda call: call.policy.timeout, "timeout"),
            "airflow": every(lambda call: call.policy.timeout, "timeout"),
            "prefect": every(lambda call: call.policy.timeout, "timeout"),
        }
    ),
    "Policy.on_failure": Ran("continue"),
    "Policy.resources": Seen(
        {
            "kfp": pod(kfp.pod, bool, bool),
            "airflow": said("PG211", resourceful),
            "dagster": pod(dagster.pod, bool, bool),
            "prefect": said("PG211", resourceful),
        }
    ),
    **{f"Secret.{name}": _secrets(part) for part, name in enumerate(("env", "name", "key"))},
    "Policy.secrets": _secrets(0),
    "Policy.effects": Nothing("what a migration's dry-run does; no engine makes anything of it"),
    **{f"Call.{name}": _STRUCTURE for name in ("id", "step", "args", "policy")},
    "Call.after": Ran("after"),
    "Arm.when": Ran("if"),
    "Arm.body": Ran("if"),
    "Merged.id": Ran("merge"),
    "Merged.values": Ran("merge"),
    "Merged.type": _TYPE,
    **{f"If.{name}": Ran("if") for name in ("id", "arms")},
    "If.merged": Ran("merge"),
    "If.after": Ran("after"),
    "Collected.id": Ran("collect"),
    "Collected.value": Ran("collect"),
    "Collected.type": _TYPE,
    **{f"Each.{name}": Ran("each.body") for name in ("id", "body")},
    "Each.items": Ran("each.runtime"),
    "Each.item_type": _TYPE,
    "Each.collected": Ran("collect"),
    "Each.max_parallel": Seen(
        {
            "airflow": airflow.at_once,
            "dagster": dagster.at_once,
            "prefect": Ran("each.max_parallel"),
            "kfp": Ran("each.max_parallel"),
        }
    ),
    "Each.after": Ran("after"),
    "Group.id": Ran("group"),
    "Group.body": Ran("group"),
    "Group.description": Seen(
        {
            "airflow": airflow.tooltips,
            **{target: kfp.groups for target in backends.TARGETS.keys() - {"airflow"}},
        }
    ),
    "Include.id": Ran("include"),
    "Include.pipeline": Ran("include"),
    "Include.args": Ran("include"),
    "Include.after": Ran("include"),
    "Final.call": Ran("final"),
    "Param.name": Seen(
        {
            "dagster": dagster.params("name"),
            "kfp": kfp.params("name"),
            "airflow": airflow.params("name"),
            "prefect": prefect.params("name"),
        }
    ),
    "Param.type": Seen(
        {
            "dagster": dagster.params("type"),
            "kfp": kfp.params("type"),
            "airflow": airflow.params("type"),
            "prefect": prefect.params("type"),
        }
    ),
    "Param.default": Seen(
        {
            "dagster": dagster.params("default"),
            "kfp": kfp.params("default"),
            "airflow": airflow.params("default"),
            "prefect": prefect.params("default"),
        }
    ),
    "Param.required": Seen(
        {
            "dagster": dagster.params("required"),
            "kfp": kfp.params("required"),
            "airflow": airflow.required,
            "prefect": prefect.params("required"),
        }
    ),
    "Param.description": Seen(
        {
            "dagster": dagster.params("description"),
            "kfp": kfp.params("description"),
            "airflow": airflow.params("description"),
            "prefect": prefect.params("description"),
        }
    ),
    "Cron.expression": _timing,
    "Cron.timezone": _timing,
    "Interval.seconds": _timing,
    "Schedule.timing": _timing,
    "Schedule.start": Seen(
        {
            "dagster": dagster.start,
            "kfp": kfp.start,
            "airflow": fact("start", lambda p: p.schedule.start.isoformat() if starts(p) else None),  # type: ignore[union-attr]
            "prefect": said("PG241", starts),
        }
    ),
    "Schedule.catch_up": Seen(
        {
            "dagster": dagster.catch_up,
            "kfp": kfp.catch_up,
            "airflow": fact("catchup", catches_up),
            "prefect": said("PG214", catches_up),
        }
    ),
    "Pipeline.format": Nothing("the version of the IR's own text"),
    "Pipeline.name": Seen(
        {
            "dagster": fact("name", lambda p: p.name),
            "kfp": kfp.name,
            "airflow": fact("dag_id", lambda p: p.name),
            "prefect": fact("name", lambda p: p.name),
        }
    ),
    "Pipeline.description": Seen(
        {
            "dagster": fact("description", lambda p: p.description or None),
            "kfp": kfp.description,
            "airflow": fact("description", lambda p: p.description or None),
            "prefect": prefect.description,
        }
    ),
    "Pipeline.owner": Seen(
        {
            "dagster": dagster.owner,
            "kfp": kfp.owner,
            "airflow": airflow.owner,
            "prefect": prefect.owner,
        }
    ),
    "Pipeline.tags": Seen(
        {
            "dagster": dagster.tags,
            "kfp": kfp.tags,
            "airflow": fact("tags", lambda p: sorted(p.tags)),
            "prefect": prefect.tags,
        }
    ),
    "Pipeline.params": Seen(
        {
            "dagster": dagster.params("name"),
            "kfp": kfp.params("name"),
            "airflow": airflow.params("name"),
            "prefect": prefect.params("name"),
        }
    ),
    "Pipeline.schedule": _timing,
    "Pipeline.max_active_runs": Seen(
        {
            "dagster": dagster.active_runs,
            "kfp": kfp.active_runs,
            "airflow": fact("max_active_runs", lambda p: p.max_active_runs or 16),
            "prefect": prefect.limit,
        }
    ),
    "Pipeline.run_timeout": Seen(
        {
            "dagster": dagster.run_timeout,
            "kfp": kfp.run_timeout,
            "airflow": fact("timeout", lambda p: p.run_timeout),
            "prefect": fact("timeout", lambda p: p.run_timeout),
        }
    ),
    "Pipeline.packages": Seen(
        {
            "kfp": kfp.installs,
            **{target: said("PG204", lambda p: bool(p.packages)) for target in backends.TARGETS.keys() - {"kfp"}},
        }
    ),
    "Pipeline.options": Seen(
        {
            "dagster": dagster.options,
            "airflow": airflow.options,
            "prefect": fact("log_prints", lambda p: p.options.get("prefect", {}).get("log_prints")),
            "kfp": kfp.image,
        }
    ),
    "Pipeline.code": Ran("inlined"),
    "Pipeline.steps": _STRUCTURE,
    "Pipeline.body": _STRUCTURE,
    "Pipeline.result": _STRUCTURE,
    "Pipeline.final": Ran("final"),
}


GAPS: dict[str, dict[str, str]] = {}
"""What is lost in silence today, strictly: an attribute here that a target shows after all fails the test."""
