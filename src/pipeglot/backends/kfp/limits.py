"""How much a task can be given: KFP passes all its inputs as one argument of a program, which Linux ends at 128 KiB."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TypeAlias

from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Pipeline

from .builder import Builder
from .drafts import ComponentDraft, DagDraft, TaskDraft
from .plan import Constant, DagInput, TaskOutput

LONGEST = 130_000
"""Bytes of one value as JSON; beside it stand names and the other inputs."""

WAY_OUT = "write it to a file and pass its path"
_SCALARS = frozenset({"int", "float", "bool"})

_TakenBy: TypeAlias = dict[DagInput | TaskOutput, list[tuple[TaskDraft, str]]]
_HandedOn: TypeAlias = dict[DagInput | TaskOutput, list[str]]


def watch(build: Builder) -> None:
    """Let the component of every step refuse to give what the next task could not be given: there it would be an error
    of the operating system, before any code runs."""
    takers = _Takers()
    for dag, task in build.root.walk():
        component = task.runs
        if isinstance(component, ComponentDraft) and component.step is not None:
            for key, output in [*component.outputs.items()]:
                if output.form not in _SCALARS and takers.are_components(dag, TaskOutput(task.name, key)):
                    component.wrap(key, "handed")


class _Takers:
    """Who takes what, by DAG: tasks with the input, and the DAG's own outputs."""

    def __init__(self) -> None:
        self._known: dict[DagDraft, tuple[_TakenBy, _HandedOn]] = {}

    def _of(self, dag: DagDraft) -> tuple[_TakenBy, _HandedOn]:
        if dag not in self._known:
            tasks, outputs = self._known[dag] = ({}, {})
            for task in dag.tasks.values():
                for key, given in task.inputs.items():
                    if not isinstance(given, Constant):
                        tasks.setdefault(given, []).append((task, key))
            for key, output in dag.outputs.items():
                for source in output.sources:
                    outputs.setdefault(source, []).append(key)
        return self._known[dag]

    def are_components(self, dag: DagDraft, source: DagInput | TaskOutput) -> bool:
        """Whether something becomes an input of a component. The list that a loop runs over does not."""
        tasks, outputs = self._of(dag)
        for task, key in tasks.get(source, ()):
            if not isinstance(task.runs, DagDraft):
                return True
            looped = task.iteration is not None and task.iteration.items == key
            if not looped and self.are_components(task.runs, DagInput(key)):
                return True
        if isinstance(source, DagInput) or dag.parent is None or dag.task is None:
            return False
        above, task = dag.parent, dag.task
        return any(self.are_components(above, TaskOutput(task.name, key)) for key in outputs.get(source, ()))


def findings(pipeline: Pipeline) -> Iterator[Diagnostic]:
    """Defaults of params that are too long for any task."""
    for param in pipeline.params:
        size = 0 if param.required else len(json.dumps(json.dumps(param.default)))
        if size > LONGEST:
            message = f"the default of {param.name!r} is {size:,} bytes, and KFP gives a task at most 128 KiB"
            yield Diagnostic("PG299", "error", message, param.at, WAY_OUT, "kfp")
