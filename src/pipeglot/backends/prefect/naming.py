"""How task runs are called: the one table that compiling and reading a run back share."""

from __future__ import annotations

import re

from pipeglot.core.dataclass import dataclass
from pipeglot.core.shape import Shape

_INDEX = re.compile(r"\[([0-9]+(?:\.[0-9]+)*)\]\Z")
_SUFFIX = re.compile(r"-[0-9a-f]{1,3}\Z")


@dataclass(frozen=True)
class Naming:
    """Tasks are called as the ids of the pipeline: a call's own, for a helper that of its region or value.

    Prefect calls a task run like its task with three hex digits behind, `train-0af`; in a loop it is told to
    use the index path, `train[0.2]`. The two cannot be mistaken for one another, whatever the ids.

    Attributes:
        node: the IR node each task name stands for: the call, or the region that a helper belongs to.
        or_default: the name of the one helper that gives on the defaults of tolerated failures.
    """

    node: dict[str, str]
    or_default: str

    def parse(self, run: str) -> tuple[str, tuple[int, ...]] | None:
        """The task name and index path in the name of a task run; None when it is not one of ours."""
        if found := _INDEX.search(run):
            name, index = run[: found.start()], tuple(map(int, found[1].split(".")))
        else:
            name, index = _SUFFIX.sub("", run), ()
        return (name, index) if name in self.node else None


def name_tasks(shape: Shape) -> Naming:
    """The task names of an inlined pipeline."""
    node = {id: id for id in shape.nodes} | shape.owner
    if shape.pipeline.final is not None:
        node[shape.pipeline.final.call.id] = shape.pipeline.final.call.id
    or_default = "or_default"
    while or_default in node:
        or_default += "_"
    return Naming(node, or_default)


def run_name(task: str) -> str:
    """The `task_run_name` of a task in a loop: a `str.format` template, hence the doubled braces.

    >>> run_name("load {x}")
    'load {{x}}[{index}]'
    """
    return task.replace("{", "{{").replace("}", "}}") + "[{index}]"
