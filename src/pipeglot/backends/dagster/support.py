"""What Dagster does with each feature of the language, and how."""

from __future__ import annotations

from pipeglot.backends.base import Support

SUPPORT: dict[str, Support] = {
    "call": Support("native", "an op; values cross by the IO manager"),
    "after": Support("native", "an input of type `Nothing` for every dependency"),
    "imported": Support("native", "the file imports the function"),
    "inlined": Support("native", "the file holds the function's source"),
    "shell": Support("lowered", "an op that runs bash"),
    "container": Support("lowered", "an op that runs `docker run`"),
    "values": Support("native", "Python expressions inside the op that takes them"),
    "params": Support("native", "fields of one `ConfigurableResource`"),
    "context": Support("lowered", "the run's id; its date is a field of the resource that the schedule fills in"),
    "if": Support("native", "an op with optional outputs"),
    "merge": Support("native", "an op with a list input"),
    "each.static": Support("native", "`DynamicOut` and `.map`"),
    "each.runtime": Support("native", "`DynamicOut` and `.map`"),
    "each.body": Support("native", "a mapped function of several ops"),
    "each.if": Support("lowered", "a run of its own for every item: Dagster has no joins in a map"),
    "each.nested": Support("lowered", "a run of its own for every outer item: Dagster has no maps in a map"),
    "each.max_parallel": Support("native", "tag limits of the multiprocess executor"),
    "collect": Support("native", "`.collect()`"),
    "group": Support("lowered", "nothing is left of it but the ids"),
    "include": Support("lowered", "inlined, its calls named `include_call`"),
    "final": Support("lowered", "a job that two run status sensors ask for; its failure fails the run"),
    "retry": Support("native", "`RetryPolicy`"),
    "retry.backoff": Support("lowered", "`RetryPolicy` where it waits as long, else `RetryRequested`"),
    "timeout": Support("lowered", "a signal that interrupts the op (PG213)"),
    "continue": Support("lowered", "the op gives the default after its last attempt, and shows SUCCESS (PG266)"),
    "resources": Support("native", "the tag `dagster-k8s/config` of the op"),
    "secrets": Support("native", "the tag `dagster-k8s/config` of the op; elsewhere its environment has them (PG208)"),
    "schedule.cron": Support("native", "a schedule; runs may shift or be lost when clocks change (PG206)"),
    "schedule.interval": Support(
        "lowered", "a schedule where cron has the same ticks, else a sensor; without a start from 1970 on (PG210)"
    ),
    "schedule.start": Support("lowered", "earlier ticks are skipped"),
    "schedule.catch_up": Support("lowered", "a sensor that asks for the runs of all ticks since the start"),
    "max_active_runs": Support("lowered", "a tag of the run and a limit in dagster.yaml (PG263)"),
    "run_timeout": Support("lowered", "`dagster/max_runtime` and run monitoring in dagster.yaml (PG264)"),
    "owner": Support("lowered", "metadata of the job: owners of jobs are beta in Dagster"),
    "tags": Support("native", "tags of the job, or its metadata where Dagster takes them for no tag"),
    "description": Support("native", "descriptions of job and ops"),
}
"""Total over `pipeglot.core.features.FEATURES`."""
