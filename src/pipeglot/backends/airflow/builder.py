"""What the lowering to Airflow's tasks keeps while it goes on: the tasks made, their ids, and what gives and ends each node."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from pipeglot.backends.airflow.plan import PROPAGATE, Place, Plan, Source, Task, Work
from pipeglot.core.inference import Types
from pipeglot.core.ir import AnyNode, Each, Group, If, Pipeline, Value, blocks
from pipeglot.core.shape import Shape, out_refs, transparent

End: TypeAlias = tuple[str, bool]
"""A task to come after, and whether it may be skipped although all is well."""


class TaskIds:
    """Distinct ids in ASCII: Airflow admits other letters and digits in an id, but cannot run such tasks."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def __call__(self, text: str, *, dots: bool = True) -> str:
        base = re.sub(r"[^A-Za-z0-9_.-]" if dots else r"[^A-Za-z0-9_-]", "_", text)[:200]
        base = base if base.strip(".") else f"_{base}"
        name, number = base, 2
        while name in self._taken:
            name, number = f"{base}_{number}", number + 1
        self._taken.add(name)
        return name


class Builder:
    """The plan while it is made."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.shape = Shape(pipeline)
        self.types = Types(self.shape)
        self.plan = Plan()
        self.pipeline = pipeline
        self.ids = TaskIds()
        self.sources: dict[str, Source] = {}
        """Which task gives a value, by its id."""
        self.ends: dict[str, list[End]] = {}
        """What comes after a node comes after these."""
        self.made: list[Task] = []
        self.steps = {step.name: step for step in pipeline.steps}
        self.waited = {ref for id in self.shape.nodes for ref in self.shape.waits(id).after}
        # Whoever waits for an If waits for the regions in its arms.
        for id in [*self.waited]:
            self._wait_inside(self.shape.nodes[id])
        # Calls come first: a call keeps its own name, a helper or group gives way.
        self.call_ids = {call.id: self.ids(call.id) for call in self.shape.calls}
        if pipeline.final is not None:
            self.call_ids[pipeline.final.call.id] = self.ids(pipeline.final.call.id)
        for node in self.shape.nodes.values():
            if isinstance(node, Group):
                self.plan.groups[node.id] = self.ids(node.id, dots=False)

    def _wait_inside(self, node: AnyNode) -> None:
        self.waited.add(node.id)
        if isinstance(node, If | Group):
            for block in blocks(node):
                for child in transparent(block):
                    if isinstance(child, If | Each):
                        self._wait_inside(child)

    def add(
        self,
        place: Place,
        id: str,
        node: str,
        work: Work,
        values: Sequence[Value] = (),
        entry: Iterable[str] = (),
        after: Iterable[End] = (),
    ) -> Task:
        """A task that takes `values`, waits for the values `entry` names, and comes after `after`."""
        task = Task(id, node, work, loop=place.loop.each.id if place.loop else None)
        task.groups = self.shape.groups.get(self.shape.owner.get(node, node), ())
        if place.loop is not None:
            task.groups = task.groups[len(self.shape.groups[place.loop.each.id]) :]
        soft = False
        carried = place.loop.carried if place.loop else frozenset()
        for ref in out_refs(*values):
            if ref not in carried:
                task.inputs[ref] = self.sources[ref]
        for source in [*task.inputs.values(), *(self.sources[ref] for ref in entry)]:
            task.wait_for([source.task])
            soft = soft or source.soft
        for end, may_skip in after:
            task.wait_for([end])
            soft = soft or may_skip
        if soft:
            task.rule = "NONE_FAILED"
            task.wait_for(place.branches)
        self.plan.tasks[id] = task
        self.made.append(task)
        if place.loop is not None:
            place.loop.tasks.append(task)
        else:
            self.plan.steps.append(task)
        return task

    def after(self, id: str) -> list[End]:
        """The ends of the nodes in the same block that a node comes after; those outside gate its region."""
        frames = self.shape.frames[id]
        refs = self.shape.waits(id).after
        return [end for ref in refs if self.shape.frames[ref] == frames for end in self.ends[ref]]

    def failure_leaves(self, tasks: Sequence[Task]) -> list[str]:
        """The tasks of which one has failed or is blocked when any of `tasks` is, tolerated ones left out."""
        shown = {up for task in tasks if task.rule in PROPAGATE for up in task.upstream}
        return [task.id for task in tasks if task.id not in shown and not task.tolerated]

    def inside(self, ref: str, region: str) -> bool:
        """Whether a value is made inside a region."""
        return any(frame.region == region for frame in self.shape.frames[ref])
