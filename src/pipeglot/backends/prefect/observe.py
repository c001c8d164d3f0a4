"""Task runs read back as what they say about calls and regions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeglot.backends.base import Compiled, EngineRun, EngineTask, instant
from pipeglot.backends.observed import failure
from pipeglot.core.ir import Call, Pipeline
from pipeglot.core.record import CallRecord
from pipeglot.core.shape import Shape

from .engine import ENGINE
from .naming import Naming


def observe(pipeline: Pipeline, compiled: Compiled, run: EngineRun) -> list[CallRecord]:
    """One record for each time a call was tried or held back, and one for each region that failed to decide.

    A task run that Prefect held back (NotReady) may never have got its own name, and then its index is not
    known: in loops those are left out, like whatever was never submitted, and follow from the others.
    """
    shape = Shape(pipeline)
    naming: Naming = compiled.plan
    calls: dict[str, Call] = {call.id: call for call in shape.calls}
    if pipeline.final is not None:
        calls[pipeline.final.call.id] = pipeline.final.call
    found = [record for task in run.tasks for record in _record(task, shape, naming, calls)]
    failed = {(record.id, record.index): record for record in reversed(found) if record.id not in calls}
    return [*(record for record in found if record.id in calls), *failed.values()]


def _record(task: EngineTask, shape: Shape, naming: Naming, calls: dict[str, Call]) -> Iterator[CallRecord]:
    state = ENGINE.state(task.state)
    found = naming.parse(task.name)
    if found is None or state is None:
        return
    node, index = naming.node[found[0]], found[1] or task.index
    if node not in calls:
        if state == "failed":
            depth = len(shape.loops(node))
            yield CallRecord(id=node, index=index[:depth], state=state, error=failure(task))
        return
    loops = shape.loops(node) if node in shape.nodes else ()
    if len(index) < len(loops) or (loops and state == "blocked"):
        return
    index = index[: len(loops)]
    tried: dict[str, Any] = {}
    if state != "blocked":
        tried = {"attempts": task.attempts, "started": instant(task.started), "ended": instant(task.ended)}
    policy = calls[node].policy.on_failure
    tolerated = state == "failed" and policy is not None
    # Of a succeeded task whose result Prefect did not keep, the output is not known; of a failed one it is what stood in.
    if task.has_output and (state == "succeeded" or tolerated):
        tried["output"] = task.output
    elif tolerated and policy is not None:
        tried["output"] = policy.default
    error = failure(task) if state == "failed" else None
    final = shape.pipeline.final
    told = task.told if final is not None and node == final.call.id else None
    yield CallRecord(id=node, index=index, state=state, tolerated=tolerated, error=error, told=told, **tried)
