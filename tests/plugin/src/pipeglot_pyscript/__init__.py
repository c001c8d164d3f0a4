"""The target `pyscript`: a pipeline as one plain Python script, run by scriptrunner.

A whole backend of another package: a support table, an engine's facts, a compiler and a reader.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeglot.backends.base import Backend, Compiled, EngineRun, EngineSpec, instant
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Call, Pipeline
from pipeglot.core.record import CallRecord, CallState, Failure
from pipeglot.core.shape import Shape, inline

from .emit import TAKEN, script
from .support import SUPPORT

HERE = Path(__file__).parent

STATES: dict[str, CallState] = {"done": "succeeded", "failed": "failed", "held": "blocked", "passed": "skipped"}


def emit(pipeline: Pipeline, _options: Mapping[str, str]) -> Compiled:
    """The script."""
    found = tuple(
        Diagnostic("PYS101", "error", f"the script has its own {name!r}", chunk.at, "rename yours", "pyscript")
        for chunk in pipeline.code
        for name in sorted(TAKEN.intersection(chunk.names))
    )
    if found:
        return Compiled("pyscript", {}, "script.py", pipeline.name, found)
    flat = inline(pipeline)
    text, diagnostics = script(flat)
    names = {call.id: call.id for call in Shape(flat).calls}
    return Compiled("pyscript", {"script.py": text}, "script.py", pipeline.name, diagnostics, names)


def observe(pipeline: Pipeline, _compiled: Compiled, run: EngineRun) -> Sequence[CallRecord]:
    """A record for each task of a call, and one for each choice that failed."""
    nodes = Shape(pipeline).nodes
    return [
        CallRecord(
            id=task.name,
            state=STATES[task.state],
            attempts=task.attempts if isinstance(nodes[task.name], Call) else 0,
            started=instant(task.started),
            ended=instant(task.ended),
            output=task.output,
            error=None if task.error is None else Failure(**task.error),
        )
        for task in run.tasks
        if isinstance(nodes[task.name], Call) or task.state == "failed"
    ]


ENGINE = EngineSpec(
    target="pyscript",
    distribution="scriptrunner",
    load="from scriptrunner import Script",
    compiles_from=(1, 0),
    constraints=HERE / "constraints",
    probes={"test": HERE / "probe.py"},
)

BACKEND = Backend("pyscript", emit, observe, SUPPORT, engine=ENGINE)
