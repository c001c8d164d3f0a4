"""The target `pyscript`: a pipeline as one plain Python script, run by scriptrunner.

A whole backend of another package: a support table, an engine's facts, a compiler and a reader.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeglot.backends.base import NO_OPTIONS, Compiled, EngineRun, EngineSpec
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.features import FEATURES, features_of
from pipeglot.core.ir import Call, Pipeline
from pipeglot.core.record import CallRecord, CallState, Failure
from pipeglot.core.shape import Shape, inline

from .emit import TAKEN, script
from .support import REFUSING, SUPPORT

HERE = Path(__file__).parent

STATES: dict[str, CallState] = {"done": "succeeded", "failed": "failed", "held": "blocked", "passed": "skipped"}


class PyScript:
    """The backend: see `pipeglot.backends.base.Backend`."""

    target = "pyscript"
    support = SUPPORT
    options: Mapping[str, str] = {}
    engine: EngineSpec | None = EngineSpec(
        target="pyscript",
        distribution="scriptrunner",
        load="from scriptrunner import Script",
        lowest=(1, 0),
        below=(2, 0),
        constraints=HERE / "constraints.txt",
        probes={"test": HERE / "probe.py"},
    )

    def compile(self, pipeline: Pipeline, options: Mapping[str, str] = NO_OPTIONS) -> Compiled:
        """The script, or a diagnostic for every feature that a script does not have."""
        found = [
            Diagnostic(
                "PYS100",
                "error",
                f"not in a script: {FEATURES[name]}; {SUPPORT[name].how}",
                pipeline.at,
                "",
                self.target,
            )
            for name in sorted(features_of(pipeline))
            if SUPPORT[name].ability in REFUSING
        ]
        for chunk in pipeline.code:
            for name in sorted(TAKEN.intersection(chunk.names)):
                message = f"the script has its own {name!r}"
                found.append(Diagnostic("PYS101", "error", message, chunk.at, "rename yours", self.target))
        if found:
            return Compiled(self.target, {}, "script.py", pipeline.name, tuple(found))
        flat = inline(pipeline)
        text, diagnostics = script(flat)
        names = {call.id: call.id for call in Shape(flat).calls}
        return Compiled(self.target, {"script.py": text}, "script.py", pipeline.name, diagnostics, names)

    def observe(self, pipeline: Pipeline, run: EngineRun) -> Sequence[CallRecord]:
        """A record for each task of a call, and one for each choice that failed."""
        nodes = Shape(pipeline).nodes
        return [
            CallRecord(
                id=task.name,
                state=STATES[task.state],
                attempts=task.attempts if isinstance(nodes[task.name], Call) else 0,
                started=task.started,  # type: ignore[arg-type]
                ended=task.ended,  # type: ignore[arg-type]
                output=task.output,
                error=None if task.error is None else Failure(**task.error),
            )
            for task in run.tasks
            if isinstance(nodes[task.name], Call) or task.state == "failed"
        ]


BACKEND = PyScript()
