"""What Prefect does with each feature of the language, and how."""

from __future__ import annotations

from pipeglot.backends.base import Support

SUPPORT: dict[str, Support] = {
    "call": Support("native", "a task, submitted with the futures of what it takes"),
    "after": Support("native", "wait_for"),
    "imported": Support("native", "the file imports the function"),
    "inlined": Support("native", "the file holds the function's source"),
    "shell": Support("lowered", "a task that runs bash"),
    "container": Support("lowered", "a task that runs `docker run`"),
    "values": Support("native", "formed inside the task that takes them"),
    "params": Support("native", "parameters of the flow, checked by pydantic"),
    "context": Support("native", "prefect.runtime.flow_run"),
    "if": Support("native", "a Python if; a task decides where the types leave a condition uncertain"),
    "merge": Support("native", "a variable of the flow"),
    "each.static": Support("native", ".map, or a loop that submits"),
    "each.runtime": Support("native", ".map over the result, once it is there"),
    "each.body": Support("native", "mapped stage by stage, without a barrier between the stages"),
    "each.if": Support("lowered", "a function for one item, run in a thread for each"),
    "each.nested": Support("lowered", "loops that submit, or a function for one item, run in a thread for each"),
    "each.max_parallel": Support("lowered", "a run waits for the one N places back"),
    "collect": Support("native", "the list of futures"),
    "group": Support("lowered", "nothing is left of it but the ids"),
    "include": Support("lowered", "inlined, its calls named `include.call`"),
    "final": Support("lowered", "submitted when everything else has ended"),
    "retry": Support("native", "retries and retry_delay_seconds"),
    "retry.backoff": Support("native", "a list of delays"),
    "timeout": Support("native", "timeout_seconds; work that blocks is not interrupted (PG213)"),
    "continue": Support("lowered", "a task behind the call gives on its value or the default"),
    "resources": Support("never", "a flow run is one pod, which its tasks share (PG211)"),
    "secrets": Support("lowered", "the environment of the flow run, which the work pool sets (PG208)"),
    "schedule.cron": Support("native", "a schedule of the deployment; it may lose runs when clocks change (PG206)"),
    "schedule.interval": Support("native", "a schedule of the deployment"),
    "schedule.start": Support("never", "a schedule is in force from its deployment on (PG241)"),
    "schedule.catch_up": Support("never", "Prefect's scheduler makes future runs only (PG214)"),
    "max_active_runs": Support("native", "the deployment's concurrency limit, further runs wait"),
    "run_timeout": Support("native", "timeout_seconds of the flow; running tasks are not interrupted (PG213)"),
    "owner": Support("lowered", "a tag, `owner:NAME`"),
    "tags": Support("native", "tags of the deployment; it would read `{{ }}` in one as a template (PG215)"),
    "description": Support("native", "descriptions of flow and tasks"),
}
"""Total over `pipeglot.core.features.FEATURES`."""
