"""What Airflow recorded, as calls of the pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pipeglot.backends.airflow.lower import lower
from pipeglot.backends.airflow.plan import Step
from pipeglot.backends.base import EngineRun, EngineTask
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import CallRecord, CallState, Failure

STATES: dict[str, CallState] = {
    "success": "succeeded",
    "failed": "failed",
    "skipped": "skipped",
    "upstream_failed": "blocked",
    "removed": "skipped",
}


def observe(pipeline: Pipeline, run: EngineRun) -> Sequence[CallRecord]:
    """Each call instance, and each helper that failed as its region's failure to decide."""
    plan = lower(pipeline)
    tasks = dict(plan.tasks)
    if plan.final is not None:
        tasks[plan.final.id] = plan.final
    records: list[CallRecord] = []
    for seen in run.tasks:
        task = tasks.get(seen.name)
        if task is None or not task.node:
            continue
        index = seen.index
        if isinstance(task.work, Step):
            # The one unexpanded instance of an Each of no items stands for no call.
            if task.loop is not None and not index and seen.state == "skipped" and _no_items(run, plan, task.loop):
                continue
            records.append(_record(task.node, index, seen, task.tolerated))
        elif seen.state == "failed":
            records.append(_record(task.node, index, seen, False).model_copy(update={"attempts": 0}))
    return records


def _no_items(run: EngineRun, plan, loop: str) -> bool:
    found = plan.loops[loop]
    if found.source is None:
        return not found.constants
    for seen in run.tasks:
        if seen.name == found.source.task:
            return seen.state == "success"
    return False


def _record(id: str, index: tuple[int, ...], seen: EngineTask, tolerated: bool) -> CallRecord:
    state = STATES.get(seen.state, "cancelled")
    ran = state in ("succeeded", "failed")
    return CallRecord(
        id=id,
        index=tuple(index),
        state=state,
        tolerated=tolerated and state == "failed",
        attempts=max(seen.attempts, 1) if ran else 0,
        started=_time(seen.started) if ran else None,
        ended=_time(seen.ended) if ran else None,
        output=seen.output if state == "succeeded" and seen.has_output else None,
        error=Failure(**seen.error) if state == "failed" and seen.error else None,
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
