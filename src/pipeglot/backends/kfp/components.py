"""Which tasks run the same component: a spec says once what many calls of a step do alike."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

from .naming import TaskNames, task_text
from .plan import ComponentSource, ContainerComponent


class Components:
    """The components of a plan. Those that are alike, but for what they are called, are one.

    Attributes:
        made: each by its name.
        of: what that of each task is called.
    """

    def __init__(self, dags: Iterable[str]) -> None:
        self.made: dict[str, ComponentSource | ContainerComponent] = {}
        self.of: dict[str, str] = {}
        self._known: dict[Hashable, str] = {}
        self._names = TaskNames(dags)

    def add(self, task: str, component: ComponentSource | ContainerComponent) -> None:
        """Give a task its component, called as the step that it runs, or as the task where it is one of ours."""
        told = _told(component)
        if told not in self._known:
            step = component.step
            name = self._known[told] = self._names(task if step is None else task_text(step.name))
            self.made[name] = component
        self.of[task] = self._known[told]


def _told(component: ComponentSource | ContainerComponent) -> Hashable:
    """All that a component is but its function's name, to be compared."""
    parts = {**vars(component), "function": "", "step": "" if component.step is None else component.step.name}
    parts["resources"] = repr(component.resources)
    return tuple(tuple(part.items()) if isinstance(part, Mapping) else part for part in parts.values())
