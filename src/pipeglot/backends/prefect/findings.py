"""What there is to say about a pipeline on Prefect: what it loses, what it means there, and what Prefect refuses."""

from __future__ import annotations

import keyword
from collections.abc import Iterator

from pipeglot.codegen.clock_changes import clock_changes
from pipeglot.codegen.docstrings import is_plain
from pipeglot.codegen.pod import listed
from pipeglot.codegen.python import deaf_to_time_limits, group_notes, packages_note
from pipeglot.core.diagnostic import Diagnostic, Severity
from pipeglot.core.ir import At, Call, Pipeline, Schedule
from pipeglot.core.secrets import calls_with_secrets
from pipeglot.core.shape import Shape

from .clock import cron_ticks
from .deployment import TEMPLATE, all_tags, options
from .signature import flow_name

_REFUSED_PARAMETERS = frozenset({"wait_for", "return_state", "self", "cls", "model_config"})


def findings(pipeline: Pipeline, shape: Shape) -> Iterator[Diagnostic]:
    """All of it, in the order in which it is shown."""
    yield from packages_note(pipeline, "prefect")
    yield from group_notes(pipeline, "prefect")
    yield from deaf_to_time_limits(pipeline, "prefect")
    yield from _params(pipeline)
    yield from options(pipeline)[2]
    if flow_name(pipeline) != pipeline.name:
        message = f"the flow is called {flow_name(pipeline)!r}: Prefect allows no / % & > <, control characters or leading or trailing whitespace"
        yield _say("PG207", "note", message, pipeline.at)
    yield from _calls(pipeline, shape)
    if pipeline.run_timeout is not None:
        message = "the time limit of the run stops the flow; running tasks continue until they return"
        yield _say("PG213", "warning", message, pipeline.at)
    yield from _schedule(pipeline.schedule, pipeline.at)
    yield from clock_changes(pipeline, "prefect", "Prefect", cron_ticks)
    yield from _templates(pipeline)


def _say(code: str, severity: Severity, message: str, at: At | None, way_out: str = "") -> Diagnostic:
    return Diagnostic(code, severity, message, at, way_out, "prefect")


def _params(pipeline: Pipeline) -> Iterator[Diagnostic]:
    for param in pipeline.params:
        if param.description and not is_plain(param.description):
            message = f"the description of the parameter {param.name!r} is not a single line, and Prefect shows none"
            yield _say("PG205", "note", message, param.at)
    for param in pipeline.params:
        taken = param.name in _REFUSED_PARAMETERS or param.name.startswith("_")
        if taken or keyword.iskeyword(param.name):
            message = f"a flow cannot have a parameter {param.name!r}: the name is taken"
            yield _say("PG200", "error", message, param.at, "rename the parameter")


def _calls(pipeline: Pipeline, shape: Shape) -> Iterator[Diagnostic]:
    for node in shape.nodes.values():
        if isinstance(node, Call) and node.policy.timeout is not None:
            message = f"{node.id!r} runs in a thread: work that blocks fails its time limit only when it returns"
            yield _say("PG213", "warning", message, node.at, "give the step's own I/O a time limit too")
        if isinstance(node, Call) and node.policy.resources is not None:
            message = f"Prefect runs {node.id!r} in the pod of its flow run, and cannot ask for resources per task"
            way_out = "give the work pool's job template what the largest task needs, and allow the loss with PG211"
            yield _say("PG211", "loss", message, node.at, way_out)
    for node in calls_with_secrets(pipeline):
        message = f"{node.id!r} reads secrets from the environment of its flow run: {listed(node.policy.secrets)}"
        way_out = (
            "set them in the job template of the work pool, from your secret store or a Secret block; in prefect.yaml,"
            " deploying would write the value of a block into the deployment"
        )
        yield _say("PG208", "note", message, node.at, way_out)


def _schedule(schedule: Schedule | None, at: At | None) -> Iterator[Diagnostic]:
    if schedule is None:
        message = "no schedule: Prefect would leave one of an earlier deployment active, so the deployment has an inactive one"
        way_out = "what is scheduled by hand on the server is replaced too when it is deployed again"
        yield _say("PG249", "note", message, at, way_out)
        return
    if schedule.start is not None:
        start = schedule.start.isoformat()
        message = f"Prefect runs the schedule from its deployment on, also before the start date {start}"
        way_out = "deploy after that date, or keep the deployment paused until then"
        yield _say("PG241", "warning", message, at, way_out)
    if schedule.catch_up:
        message = "Prefect does not catch up: ticks from before the deployment are not run"
        way_out = "start them by hand, with a scheduled time, or allow the loss with PG214"
        yield _say("PG214", "loss", message, at, way_out)


def _templates(pipeline: Pipeline) -> Iterator[Diagnostic]:
    """What deploying would read as a template."""
    for tag in (tag for tag, kept in all_tags(pipeline) if not kept):
        message = f"the tag {tag!r} is left out: prefect.yaml would read it as a template"
        yield _say("PG215", "loss", message, pipeline.at, "write it without double braces")
    if TEMPLATE.search(pipeline.description):
        message = "deploying reads the description as a template: the deployment loses what stands in {{ }}"
        yield _say("PG215", "warning", message, pipeline.at, "leave out the double braces; the flow itself keeps them")
