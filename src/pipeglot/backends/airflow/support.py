"""What Airflow does with each feature of the language."""

from __future__ import annotations

from pipeglot.backends.base import Support

SUPPORT: dict[str, Support] = {
    "call": Support("native", "a TaskFlow task; values cross as XComs"),
    "after": Support("native", "`>>`"),
    "imported": Support("native", "imported by the DAG file"),
    "inlined": Support("native", "printed into the DAG file"),
    "shell": Support("native", "`bash -c` inside a task, so that arguments are never rendered as templates"),
    "container": Support("lowered", "`docker run` inside a task, on a worker that has docker"),
    "values": Support("native", "Python expressions inside the task that takes them"),
    "params": Support("native", "`Param` with a JSON Schema"),
    "context": Support("native", "`dag_run`"),
    "if": Support("native", "`@task.branch`"),
    "merge": Support("native", "a task under `none_failed_min_one_success`"),
    "each.static": Support("native", "`.expand`"),
    "each.runtime": Support("native", "`.expand`; up to 1,024 items (`core.max_map_length`)"),
    "each.body": Support("native", "a mapped task group"),
    "each.if": Support(
        "lowered", "a gate task, and arms that skip themselves: Airflow ignores branches in mapped groups"
    ),
    "each.nested": Support("lowered", "the inner items of all outer instances are mapped as one list"),
    "each.max_parallel": Support("native", "`max_active_tis_per_dagrun`"),
    "collect": Support("native", "the mapped task's output; by position where it may be None"),
    "group": Support("native", "`TaskGroup`"),
    "include": Support("native", "`TaskGroup`"),
    "final": Support("native", "a teardown, and an `end` task that keeps the state of the run"),
    "retry": Support("native", "`retries`, `retry_delay`"),
    "retry.backoff": Support("native", "`retry_exponential_backoff`; Airflow waits one to two times as long"),
    "timeout": Support("native", "`execution_timeout`"),
    "continue": Support("lowered", "the call fails, and a task after it gives its value or the default"),
    "resources": Support("native", "`executor_config` with a `pod_override`, for the KubernetesExecutor"),
    "secrets": Support(
        "native", "`executor_config` with a `pod_override`; other executors' workers have them set (PG208)"
    ),
    "schedule.cron": Support("native", "`CronTriggerTimetable`; it may lose runs when clocks change (PG206)"),
    "schedule.interval": Support(
        "native",
        "`CronTriggerTimetable` where cron has the same ticks, else `DeltaTriggerTimetable`; without catch-up it"
        " would count from the deployment (PG210)",
    ),
    "schedule.start": Support("native", "`start_date`; the latest tick before the deployment runs too (PG224)"),
    "schedule.catch_up": Support("native", "`catchup`"),
    "max_active_runs": Support("native", "`max_active_runs`"),
    "run_timeout": Support("native", "`dagrun_timeout`"),
    "owner": Support("native", "`default_args`"),
    "tags": Support("native", "`tags`"),
    "description": Support("native", "`description` and `doc_md`"),
}
