"""What the fields of the IR are in a migration plan: structure, the way to other fields, or an attribute with a row.

A field that is named nowhere here is an attribute: it gets a row with a title made of its name.
"""

from __future__ import annotations

from typing import get_args

from pipeglot.core import ir
from pipeglot.core.dataclass import dataclass
from pipeglot.core.features import FEATURES

VALUES: tuple[type[ir.Node], ...] = get_args(get_args(ir.Value)[0])
"""The classes of values: what is inside one is no attribute, but for the facts of the run that it takes."""

STRUCTURE: dict[str, str] = {
    "At.file": "where it is written",
    "At.line": "where it is written",
    "Pipeline.format": "the version of the format",
    "Pipeline.name": "named in the plan's title",
    "Pipeline.code": "the source of steps, shown by their kind",
    "SourceFragment.kind": "the source of steps",
    "SourceFragment.names": "the source of steps",
    "SourceFragment.text": "the source of steps",
    "Step.name": "a name",
    "Step.parameters": "types, which are checked before anything is compiled",
    "Step.returns": "a type, which is checked before anything is compiled",
    "Call.id": "a name",
    "If.id": "a name",
    "Merged.id": "a name",
    "Merged.type": "a type, which is checked before anything is compiled",
    "Each.id": "a name",
    "Each.item_type": "a type, which is checked before anything is compiled",
    "Collected.id": "a name",
    "Collected.type": "a type, which is checked before anything is compiled",
    "Include.id": "a name",
}
"""Fields without a row, and why."""

THROUGH = frozenset(
    """Pipeline.schedule Pipeline.steps Pipeline.body Pipeline.result Call.args Include.args Schedule.timing Policy.retry Policy.resources Call.policy
    If.arms If.merged Arm.body Each.body Each.collected Group.body Final.call""".split()  # noqa: SIM905
)
"""Fields whose own fields have the rows, or that hold values, in which facts of the run are looked for."""

ALWAYS = frozenset({"Schedule.catch_up", "Cron.timezone"})
"""Attributes that mean something when nobody spelled them out: engines differ in what they take for granted."""


@dataclass(frozen=True)
class Title:
    """How an attribute is shown: the part of the plan, its name there, and the feature of the language it is."""

    section: str
    title: str
    feature: str | None = None


TITLES: dict[str, Title] = {
    "Cron.expression": Title("schedule", "cron expression", "schedule.cron"),
    "Cron.timezone": Title("schedule", "time zone", "schedule.cron"),
    "Interval.seconds": Title("schedule", "interval, in seconds", "schedule.interval"),
    "Schedule.start": Title("schedule", "start date", "schedule.start"),
    "Schedule.catch_up": Title("schedule", "catch-up on missed ticks", "schedule.catch_up"),
    "Pipeline.max_active_runs": Title("runs", "runs at the same time, at most", "max_active_runs"),
    "Pipeline.run_timeout": Title("runs", "time limit of a run, in seconds", "run_timeout"),
    "Pipeline.params": Title("params", "param", "params"),
    "Ctx.name": Title("params", "run context value", "context"),
    "Call.step": Title("structure", "calls", "call"),
    "Call.after": Title("structure", "order without a value", "after"),
    "If.after": Title("structure", "order without a value, of a branch", "after"),
    "Each.after": Title("structure", "order without a value, of a loop", "after"),
    "Include.after": Title("structure", "order without a value, of a pipeline used inside", "after"),
    "Arm.when": Title("structure", "condition of a branch", "if"),
    "Merged.values": Title("structure", "value merged out of a branch", "merge"),
    "Each.items": Title("structure", "loop", "each.runtime"),
    "Each.max_parallel": Title("structure", "instances of a loop at once, at most", "each.max_parallel"),
    "Collected.value": Title("structure", "values collected out of a loop", "collect"),
    "Group.id": Title("structure", "group", "group"),
    "Include.pipeline": Title("structure", "pipeline used inside", "include"),
    "Pipeline.final": Title("structure", "final call, whatever happened", "final"),
    "Retry.count": Title("policies", "retries", "retry"),
    "Retry.delay": Title("policies", "delay before a retry, in seconds", "retry"),
    "Retry.backoff": Title("policies", "backoff, times the delay", "retry.backoff"),
    "Retry.max_delay": Title("policies", "longest delay, in seconds", "retry.backoff"),
    "Policy.timeout": Title("policies", "time limit of an attempt, in seconds", "timeout"),
    "Policy.on_failure": Title("policies", "tolerated failure, and the value then", "continue"),
    "Policy.effects": Title("policies", "effects, which dry-runs respect"),
    "Policy.secrets": Title("policies", "secrets", "secrets"),
    "Resources.cpu": Title("resources", "cpu, in cores", "resources"),
    "Resources.memory": Title("resources", "memory", "resources"),
    "Resources.gpus": Title("resources", "GPUs", "resources"),
    "Resources.gpu_type": Title("resources", "kind of GPU", "resources"),
    "Resources.node_selector": Title("resources", "labels of the node", "resources"),
    "Step.run": Title("steps", "kind of step"),
    "Pipeline.packages": Title("steps", "packages that steps need"),
    "Pipeline.owner": Title("about", "owner", "owner"),
    "Pipeline.tags": Title("about", "tags", "tags"),
    "Pipeline.description": Title("about", "description", "description"),
    "Step.description": Title("about", "description of a step", "description"),
    "Group.description": Title("about", "description of a group", "description"),
    "Pipeline.options": Title("options", "option of one engine alone"),
}

ABOUT: dict[str, tuple[str, ...]] = {
    "PG205": ("Group.description", "Step.description"),
    "PG207": ("Call.step",),
    "PG208": ("Policy.secrets",),
    "PG210": ("Interval.seconds",),
    "PG211": ("Resources.cpu", "Resources.memory", "Resources.gpus", "Resources.node_selector"),
    "PG212": ("Pipeline.params",),
    "PG213": ("Policy.timeout", "Pipeline.run_timeout"),
    "PG214": ("Schedule.catch_up",),
    "PG215": ("Pipeline.tags", "Pipeline.description"),
    "PG224": ("Schedule.start",),
    "PG226": ("Retry.backoff", "Retry.delay"),
    "PG227": ("Each.items",),
    "PG241": ("Schedule.start",),
    "PG266": ("Policy.on_failure",),
    "PG267": ("Pipeline.final",),
    "PG268": ("Each.items",),
    "PG269": ("Each.max_parallel",),
    "PG286": ("Cron.timezone",),
    "PG289": ("Pipeline.final",),
    "PG290": ("Step.run",),
    "PG292": ("Pipeline.final",),
    "PG296": ("Ctx.name", "Schedule.catch_up"),
    "PG297": ("Schedule.catch_up",),
}
"""The attributes that a diagnostic may be about, the likeliest first; others go by the feature that they name."""

SECTIONS = ("schedule", "runs", "params", "structure", "policies", "resources", "steps", "about", "options", "other")


def title(field: str) -> Title:
    """How an attribute of the IR (`Class.field`) is shown; one that the table does not know by its own name.

    >>> title("Policy.novel_thing")
    Title(section='other', title='policy: novel thing', feature=None)
    """
    known = TITLES.get(field)
    if known is not None:
        feature = known.feature if known.feature in FEATURES else None
        return Title(known.section, known.title, feature)
    owner, _, name = field.partition(".")
    return Title("other", f"{owner.lower()}: {name.replace('_', ' ')}", name if name in FEATURES else None)


def structural(model: type[ir.Node], name: str) -> bool:
    """Whether a field of an IR class is structure, without a row of its own."""
    if model is ir.Ctx and name == "name":
        return False
    return name == "at" or model in VALUES or f"{model.__name__}.{name}" in STRUCTURE or _is_kind(model, name)


def _is_kind(model: type[ir.Node], name: str) -> bool:
    """`kind` tells the classes of a union apart where it has only one value."""
    return name == "kind" and not model.__fields__[name].required
