"""Tasks read back as what they say about calls and regions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pipeglot.backends.base import Compiled, EngineRun, EngineTask, instant
from pipeglot.core.ir import Call, If, Pipeline
from pipeglot.core.record import CallRecord, CallState, Failure
from pipeglot.core.shape import Shape

from .engine import ENGINE
from .plan import TaskOrigin
from .types import Form


def observe(pipeline: Pipeline, compiled: Compiled, run: EngineRun) -> list[CallRecord]:
    """One record for each call that was tried or is in an arm that was seen to be skipped, and one for each region that
    failed to decide.

    Where outputs are not known, the task of a guarded call says nothing: it ends well whatever becomes of the call.
    """
    origins: Mapping[str, TaskOrigin] = compiled.plan
    shape = Shape(pipeline)
    found: dict[tuple[str, tuple[int, ...]], CallRecord] = {}
    for task in run.tasks:
        origin = origins.get(task.name)
        if origin is not None and origin.arm is not None and task.state == "skipped":
            for record in _not_taken(shape, origin, task.index):
                found.setdefault((record.id, record.index), record)
        state = ENGINE.state(task.state)
        if origin is None or origin.kind == "helper" or state not in ("succeeded", "failed", "cancelled"):
            continue
        depth = len(shape.loops(origin.node)) if origin.node in shape.nodes else 0
        for record in _record(task, state, origin, task.index[:depth]):
            found.setdefault((record.id, record.index), record)
    return list(found.values())


def _not_taken(shape: Shape, origin: TaskOrigin, index: tuple[int, ...]) -> Iterator[CallRecord]:
    """The calls of an arm that an If did not take."""
    node = shape.nodes[origin.node]
    if not isinstance(node, If) or origin.arm is None or origin.arm >= len(node.arms):
        return
    for each in node.arms[origin.arm].body:
        for inner in (each, *shape.inside(each.id)):
            if isinstance(inner, Call):
                yield CallRecord(id=inner.id, index=index[: len(shape.loops(node.id))], state="skipped")


def _record(task: EngineTask, state: CallState, origin: TaskOrigin, index: tuple[int, ...]) -> Iterator[CallRecord]:
    outputs: dict[str, Any] = task.output if task.has_output and isinstance(task.output, dict) else {}
    times: dict[str, Any] = {"started": instant(task.started), "ended": instant(task.ended)}
    text = outputs.get("outcome", outputs.get("Output")) if origin.form == "outcome" else None
    outcome = json.loads(text) if text is not None else None
    if origin.form == "outcome" and outcome is None and not task.has_output and state == "succeeded":
        return
    if outcome is not None and "blocked" in outcome:
        return
    error = task.error
    attempts = task.attempts
    if outcome is not None:
        error = outcome.get("error")
        attempts = outcome.get("attempts", 1)
        state = "failed" if error else "succeeded"
    elif origin.attempts and state == "failed":
        attempts = origin.attempts
    failure = Failure(type=error.get("type", "Error"), message=error.get("message", "")) if error else None
    if origin.kind == "decide":
        if state == "failed":
            yield CallRecord(
                id=origin.node, index=index, state=state, error=failure or Failure(type="Error", message="")
            )
        return
    if state != "succeeded":
        failure = failure or Failure(type="Error", message="")
        yield CallRecord(id=origin.node, index=index, state=state, attempts=attempts, error=failure, **times)
        return
    if outcome is not None:
        times["output"] = outcome["value"]
    elif origin.output in outputs:
        times["output"] = _decoded(outputs[origin.output], origin.form)
    yield CallRecord(id=origin.node, index=index, state=state, attempts=attempts, **times)


def _decoded(value: Any, form: Form) -> Any:
    match form:
        case "json":
            return json.loads(value)
        case "int":
            return int(value)
        case "float":
            return float(value)
        case "ints":
            return [int(each) for each in value]
        case "floats":
            return [float(each) for each in value]
        case "texts":
            return [json.loads(each) for each in value]
    return value
