"""What Airflow recorded, as calls of the pipeline."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipeglot.backends.airflow.engine import ENGINE
from pipeglot.backends.airflow.plan import CollectInner, Loop, Plan, Step, Task, Tolerate
from pipeglot.backends.base import Compiled, EngineRun, EngineTask, instant
from pipeglot.core.fitted import as_declared
from pipeglot.core.ir import Pipeline, Schema
from pipeglot.core.mismatch import mismatch
from pipeglot.core.record import CallRecord, Failure

RAN = frozenset({"success", "failed"})


def observe(pipeline: Pipeline, compiled: Compiled, run: EngineRun) -> Sequence[CallRecord]:
    """Each call instance, and each helper that failed as its region's failure to decide."""
    plan: Plan = compiled.plan
    tasks = {task.id: task for task in plan.all()}
    seen_once = {seen.name: seen for seen in run.tasks if not seen.index}
    entered = {
        task.loop
        for seen in run.tasks
        if (task := tasks.get(seen.name)) is not None
        and seen.state in RAN
        and not isinstance(task.work, Tolerate | CollectInner)
    }
    returns = {step.name: step.returns for step in pipeline.steps}
    made_by = {task.node: returns[task.work.call.step] for task in tasks.values() if isinstance(task.work, Step)}
    records: list[CallRecord] = []
    held: dict[tuple[str, tuple[int, ...]], CallRecord] = {}
    undecided: dict[tuple[str, tuple[int, ...]], CallRecord] = {}
    instead: dict[tuple[str, tuple[int, ...]], Any] = {}
    for seen in run.tasks:
        task = tasks.get(seen.name)
        if task is None or not task.node:
            continue
        loop = plan.loops[task.loop] if task.loop is not None else None
        if isinstance(task.work, Step):
            for index in _indexes(seen, loop, seen_once, loop is not None and loop.each.id in entered):
                record = _record(task.node, index, seen, made_by[task.node], task.tolerated)
                record = record if task is not plan.final else record.model_copy(update={"told": seen.told})
                if record.attempts:
                    records.append(record)
                else:  # of a loop that is never entered Airflow has as many instances as constants
                    held[task.node, index] = record
        elif isinstance(task.work, Tolerate) and seen.state == "success" and seen.has_output:
            for index in _indexes(seen, loop, seen_once, True):
                instead[task.node, index] = _default(task.work, seen.output, made_by[task.node])
        elif seen.state == "failed" and not _follows(task, seen):
            for index in _indexes(seen, loop, seen_once, True):
                error = Failure(**seen.error) if seen.error else None
                found = CallRecord(id=task.node, index=index, state="failed", error=error)
                undecided.setdefault((found.id, found.index), found)
    given = [
        record.model_copy(update={"output": instead[record.id, record.index]})
        if record.tolerated and (record.id, record.index) in instead
        else record
        for record in records
    ]
    return (*given, *held.values(), *undecided.values())


def _default(work: Tolerate, given: Any, returns: Schema) -> Any:
    """The default as the pipeline has it, where it is what was given: SQLite gives 2.0 back as 2, and 0 may be a float."""
    given = as_declared(given, returns)
    alike = json.dumps(as_declared(work.default, returns)) == json.dumps(given)
    return work.default if alike else given


def _follows(task: Task, seen: EngineTask) -> bool:
    """Whether a helper failed only because what it stands for did not succeed."""
    told = seen.error or {}
    return isinstance(task.work, Tolerate | CollectInner) and told.get("type") == "AirflowFailException"


def _indexes(
    seen: EngineTask, loop: Loop | None, seen_once: Mapping[str, EngineTask], entered: bool
) -> list[tuple[int, ...]]:
    """The index paths of the call instances that a task instance stands for."""
    if loop is None:
        return [()]
    source = seen_once.get(loop.source.task) if loop.source is not None else None
    items: Any = loop.constants if source is None else source.output if source.state == "success" else None
    items = items if isinstance(items, list) or items is None else []
    if loop.outer is not None:
        places = [tuple(row["at"]) for row in items or [] if isinstance(row, dict) and "at" in row]
        return [places[n] if n < len(places) else (n,) for n in seen.index[:1]] if seen.index else places
    if entered:
        # Without an index it was decided before its expansion, for every item.
        return [seen.index] if seen.index else [(number,) for number in range(len(items or []))]
    # Airflow expands constants although their Each is never entered, and makes one instance for no items.
    return [] if items == [] else [()]


def _record(id: str, index: tuple[int, ...], seen: EngineTask, returns: Schema, tolerated: bool) -> CallRecord:
    state = ENGINE.state(seen.state) or "cancelled"
    ran = state in ("succeeded", "failed")
    known: dict[str, Any] = {}
    # SQLite, as Airflow's database, gives 2.0 back as 2. It keeps no XCom of None.
    if state == "succeeded" and (seen.has_output or mismatch(None, returns) is None):
        known["output"] = as_declared(seen.output, returns) if seen.has_output else None
    return CallRecord(
        id=id,
        index=tuple(index),
        state=state,
        tolerated=tolerated and state == "failed",
        attempts=max(seen.attempts, 1) if ran else 0,
        started=instant(seen.started) if ran else None,
        ended=instant(seen.ended) if ran else None,
        error=Failure(**seen.error) if state == "failed" and seen.error else None,
        **known,
    )
