"""What Kubeflow Pipelines does with each feature of the language, and how."""

from __future__ import annotations

from pipeglot.backends.base import Support

SUPPORT: dict[str, Support] = {
    "call": Support("native", "a task that runs a lightweight component"),
    "after": Support("native", "dependentTasks"),
    "imported": Support("native", "the component imports the function; its package is in the image or in packages"),
    "inlined": Support("native", "the component holds the function's source"),
    "shell": Support("lowered", "a component that runs bash"),
    "container": Support("lowered", "the image runs the command, started by its `sh` (PG290)"),
    "values": Support("lowered", "certain scalars and lists of them as typed parameters, all else as JSON text"),
    "params": Support("native", "typed inputs of the pipeline; steps check choices and bounds (PG212)"),
    "context": Support(
        "lowered", "a task that reads KFP's placeholders; a recurring run does not know its scheduled time (PG296)"
    ),
    "if": Support("native", "tasks with conditions; a component decides where types leave a condition uncertain"),
    "merge": Support("native", "an output that is one of several"),
    "each.static": Support("native", "a parameter iterator"),
    "each.runtime": Support("native", "a parameter iterator"),
    "each.body": Support("native", "the loop runs a DAG"),
    "each.if": Support("native", "a DAG in the loop's DAG"),
    "each.nested": Support("native", "a DAG in the loop's DAG"),
    "each.max_parallel": Support("native", "parallelismLimit; in a nest the outermost loop has the smallest"),
    "collect": Support("native", "the outputs of the loop; none are an empty list, by a condition on the items"),
    "group": Support("lowered", "nothing is left of it but the ids"),
    "include": Support("lowered", "inlined, its calls named `include.call`"),
    "final": Support("native", "an exit task"),
    "retry": Support("native", "retryPolicy"),
    "retry.backoff": Support("native", "retryPolicy, or the component's own loop where KFP would wait differently"),
    "timeout": Support("lowered", "the component gives up on the function, and its process ends"),
    "continue": Support("lowered", "the component gives the default, and tells so in a second output"),
    "resources": Support("native", "resources of the container; the node selector is in the platform file"),
    "secrets": Support("native", "secretAsEnv in the platform file"),
    "schedule.cron": Support(
        "native", "a recurring run; the server has the zone (PG286), and may lose runs when clocks change (PG206)"
    ),
    "schedule.interval": Support("native", "a recurring run, made by the deployment script"),
    "schedule.start": Support("lowered", "start_time of the recurring run, right before the first tick that is to run"),
    "schedule.catch_up": Support("native", "no_catchup; the logical date of what is caught up is lost (PG296)"),
    "max_active_runs": Support("native", "max_concurrency of the recurring run"),
    "run_timeout": Support("native", "activeDeadlineSeconds in the platform file"),
    "owner": Support("lowered", "a line of the pipeline's description"),
    "tags": Support("lowered", "a line of the pipeline's description"),
    "description": Support("native", "the pipeline's description; a component's docstring"),
}
"""Total over `pipeglot.core.features.FEATURES`."""
