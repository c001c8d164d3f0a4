"""The target `pyscript-wrong`: `pyscript` with a mistake, which the conformance suite must find. It never looks at
what a script says of failures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeglot.backends.base import EngineRun
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import CallRecord

from . import PyScript


class Wrong(PyScript):
    """The backend that takes every failure for a success."""

    target = "pyscript-wrong"
    engine = None if PyScript.engine is None else replace(PyScript.engine, target="pyscript-wrong")

    def observe(self, pipeline: Pipeline, run: EngineRun) -> Sequence[CallRecord]:
        tasks = [replace(task, state="done" if task.state == "failed" else task.state) for task in run.tasks]
        return super().observe(pipeline, replace(run, tasks=tasks))


BACKEND = Wrong()
