"""Steps of Dagster runs read back as what they say about calls and regions."""

from __future__ import annotations

from typing import Any

from pipeglot.backends.base import Compiled, EngineRun, EngineTask, instant
from pipeglot.backends.observed import failure
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import CallRecord, CallState
from pipeglot.core.shape import Shape

from .engine import ENGINE
from .plan import Plan


def observe(pipeline: Pipeline, compiled: Compiled, run: EngineRun) -> list[CallRecord]:
    """One record for each time a call was tried, and one for each region that failed to decide.

    What Dagster skipped or never started says nothing that does not follow from the rest.
    """
    shape = Shape(pipeline)
    plan: Plan = compiled.plan
    ops = {op.name: op for op in plan.ops()}
    records: list[CallRecord] = []
    undecided: dict[tuple[str, tuple[int, ...]], CallRecord] = {}
    for task in run.tasks:
        op, state = ops.get(task.name), ENGINE.state(task.state)
        if op is None or state in (None, "skipped"):
            continue
        role = plan.role(op)
        if role == "call":
            records.append(_call(task, op.node, state))
        elif role == "helper" and state == "failed":
            index = task.index[: len(shape.loops(op.node))]
            record = CallRecord(id=op.node, index=index, state=state, error=failure(task))
            undecided.setdefault((record.id, record.index), record)
    return [*records, *undecided.values()]


def _call(task: EngineTask, id: str, state: CallState) -> CallRecord:
    # What an op gives whose failure is tolerated is what stands in for its value.
    gave = task.has_output and (state == "succeeded" or task.state == "TOLERATED")
    known: dict[str, Any] = {"output": task.output} if gave else {}
    return CallRecord(
        id=id,
        index=task.index,
        state=state,
        tolerated=task.state == "TOLERATED",
        attempts=task.attempts,
        started=instant(task.started),
        ended=instant(task.ended),
        error=failure(task) if state == "failed" else None,
        told=task.told,
        **known,
    )
