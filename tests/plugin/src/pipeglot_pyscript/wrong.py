"""The target `pyscript-wrong`: `pyscript` with a mistake, which the conformance suite must find. It never looks at
what a script says of failures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeglot.backends.base import Compiled, EngineRun
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import CallRecord

from . import BACKEND as RIGHT
from . import ENGINE


def observe(pipeline: Pipeline, compiled: Compiled, run: EngineRun) -> Sequence[CallRecord]:
    """What `pyscript` reads, with every failure taken for a success."""
    tasks = [replace(task, state="done" if task.state == "failed" else task.state) for task in run.tasks]
    return RIGHT.observe(pipeline, compiled, replace(run, tasks=tasks))


BACKEND = replace(RIGHT, target="pyscript-wrong", observe=observe, engine=replace(ENGINE, target="pyscript-wrong"))
