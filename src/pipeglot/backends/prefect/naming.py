"""How the tasks of a pipeline are named: the one table that compiling and reading a run back share."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeglot.core.shape import Shape

_INDEXED = re.compile(r"\[([0-9]+(?:\.[0-9]+)*)\]\Z")


@dataclass(frozen=True)
class Naming:
    """Task names. A task run is called like its task, in loops with the index path behind: `train[0.2]`.

    Attributes:
        task: the task name of every id: calls, and the regions and values that have a helper task.
        node: the IR node a task name stands for: the call, or the region that a helper task belongs to.
        or_default: the name of the one helper that gives on the defaults of tolerated failures.
    """

    task: dict[str, str]
    node: dict[str, str]
    or_default: str

    def parse(self, run: str) -> tuple[str, tuple[int, ...]] | None:
        """The task name and index path in the name of a task run; None when it is not one of ours."""
        if run in self.node:
            return run, ()
        found = _INDEXED.search(run)
        if found and run[: found.start()] in self.node:
            return run[: found.start()], tuple(map(int, found[1].split(".")))
        return None


def name_tasks(shape: Shape) -> Naming:
    """The task names of an inlined pipeline: every id's own, unless it reads like an item of another id."""
    node = {id: id for id in shape.nodes} | shape.owner
    if shape.pipeline.final is not None:
        node[shape.pipeline.final.call.id] = shape.pipeline.final.call.id
    task: dict[str, str] = {}
    taken = set(node)
    for id in node:
        task[id] = id
        found = _INDEXED.search(id)
        if found and id[: found.start()] in node:
            task[id] = _fresh(f"{id} (task)", taken)
    or_default = _fresh("or_default", taken) if "or_default" in taken else "or_default"
    return Naming(task, {task[id]: owner for id, owner in node.items()}, or_default)


def _fresh(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def run_name(task: str, *, loop: bool) -> str:
    """The `task_run_name` of a task: a `str.format` template, hence the doubled braces.

    >>> run_name("load {x}", loop=True)
    'load {{x}}[{index}]'
    """
    return task.replace("{", "{{").replace("}", "}}") + ("[{index}]" if loop else "")
