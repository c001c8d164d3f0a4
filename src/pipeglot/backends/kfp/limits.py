"""How much a task can be given: KFP passes all its inputs as one argument of a program, which Linux ends at 128 KiB."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TypeAlias

from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Pipeline

from .programs import Writing
from .spec import Dag, Given, Program, Task

LONGEST = 130_000
"""Bytes of one value as JSON; beside it stand names and the other inputs."""

WAY_OUT = "write it to a file and pass its path"
_SCALARS = frozenset({"int", "float", "bool"})

Source: TypeAlias = tuple[str, ...]
"""What a task of a DAG is given: an input of the DAG, by name, or an output of another task, by that and its key."""


def watch(root: Dag, writings: dict[str, Writing]) -> None:
    """Let the component of every step refuse to give what the next task could not be given: there it would be an error
    of the operating system, before any code runs."""
    takers = _Takers()
    for dag, task in _walk(root):
        writing = writings.get(task.name)
        if writing is None or writing.step is None:
            continue
        for key, form in writing.program.outputs.items():
            if form not in _SCALARS and takers.are_components(dag, (task.name, key)):
                results = writing.program.results
                results[key] = f"{writing.use('handed')}({results[key]})"


def _walk(dag: Dag) -> Iterator[tuple[Dag, Task]]:
    for task in dag.tasks.values():
        yield dag, task
        if isinstance(task.runs, Dag):
            yield from _walk(task.runs)


class _Takers:
    """Who takes what, by DAG."""

    def __init__(self) -> None:
        self._known: dict[int, dict[Source, list[tuple[Task, str]]]] = {}

    def _of(self, dag: Dag) -> dict[Source, list[tuple[Task, str]]]:
        if id(dag) not in self._known:
            found = self._known[id(dag)] = {}
            for task in dag.tasks.values():
                for key, given in task.inputs.items():
                    if (source := _source(given)) is not None:
                        found.setdefault(source, []).append((task, key))
        return self._known[id(dag)]

    def are_components(self, dag: Dag, source: Source) -> bool:
        """Whether something becomes an input of a component. The list that a loop runs over does not."""
        for task, key in self._of(dag).get(source, ()):
            if isinstance(task.runs, Program):
                return True
            looped = task.items is not None and task.items.get("inputParameter") == key
            if not looped and self.are_components(task.runs, (key,)):
                return True
        if len(source) == 1 or dag.parent is None or dag.task is None:
            return False
        keys = [key for key, (_, sources) in dag.outputs.items() if source in sources]
        return any(self.are_components(dag.parent, (dag.task.name, key)) for key in keys)


def _source(given: Given) -> Source | None:
    if "componentInputParameter" in given:
        return (given["componentInputParameter"],)
    port = given.get("taskOutputParameter")
    return None if port is None else (port["producerTask"], port["outputParameterKey"])


def findings(pipeline: Pipeline) -> Iterator[Diagnostic]:
    """Defaults of params that are too long for any task."""
    for param in pipeline.params:
        size = 0 if param.required else len(json.dumps(json.dumps(param.default)))
        if size > LONGEST:
            message = f"the default of {param.name!r} is {size:,} bytes, and KFP gives a task at most 128 KiB"
            yield Diagnostic("PG299", "error", message, param.at, WAY_OUT, "kfp")
