"""How much a task can be given: KFP passes all its inputs as one argument of a program, which Linux ends at 128 KiB."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Pipeline

from .programs import Writing
from .spec import Dag, Program

LONGEST = 130_000
"""Bytes of one value as JSON; beside it stand names and the other inputs."""

WAY_OUT = "write it to a file and pass its path"
_SCALARS = frozenset({"int", "float", "bool"})


def watch(root: Dag, writings: dict[str, Writing]) -> None:
    """Let the component of every step refuse to give what the next task could not be given: there it would be an error of the
    operating system, before any code runs."""
    for task, key in sorted(set(_taken(root))):
        writing = writings.get(task)
        if writing is not None and writing.step is not None and writing.program.outputs[key] not in _SCALARS:
            results = writing.program.results
            results[key] = f"{writing.use('handed')}({results[key]})"


def _taken(dag: Dag) -> Iterator[tuple[str, str]]:
    """Tasks and those of their outputs that another task is given."""
    ports = [
        (given["taskOutputParameter"]["producerTask"], given["taskOutputParameter"]["outputParameterKey"])
        for task in dag.tasks.values()
        for given in task.inputs.values()
        if "taskOutputParameter" in given
    ]
    for _, sources in dag.outputs.values():
        ports += sources
    for name, key in ports:
        if isinstance(dag.tasks[name].runs, Program):
            yield name, key
    for task in dag.tasks.values():
        if isinstance(task.runs, Dag):
            yield from _taken(task.runs)


def findings(pipeline: Pipeline) -> Iterator[Diagnostic]:
    """Defaults of params that are too long for any task."""
    for param in pipeline.params:
        size = 0 if param.required else len(json.dumps(json.dumps(param.default)))
        if size > LONGEST:
            message = f"the default of {param.name!r} is {size:,} bytes, and KFP gives a task at most 128 KiB"
            yield Diagnostic("PG299", "error", message, param.at, WAY_OUT, "kfp")
