"""Scripts of tasks, run one after the other. It knows nothing of pipeglot.

A task ends `done` or `failed`; it is `held` when what it needs failed, and `passed` over when what it needs was.
A choice gives the number of the arm to take; the tasks of other arms are passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

__version__ = "1.0.0"

Body = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]
"""A task's function: it takes what the tasks before it gave, by name, and the parameters."""


@dataclass
class Task:
    """A task, and what became of it."""

    name: str
    body: Body
    needs: Sequence[str]
    ends: Sequence[str]
    arm: tuple[str, int] | None
    is_choice: bool
    state: str = ""
    value: Any = None
    error: Exception | None = None
    started: datetime | None = None
    ended: datetime | None = None


class Script:
    """A script: its tasks by name, in the order they were written."""

    def __init__(self, name: str, *, description: str = "", params: Mapping[str, Any] | None = None) -> None:
        self.name, self.description, self.params = name, description, dict(params or {})
        self.tasks: dict[str, Task] = {}

    def task(
        self,
        name: str,
        *,
        needs: Sequence[str] = (),
        ends: Sequence[str] = (),
        arm: tuple[str, int] | None = None,
        choice: bool = False,
    ) -> Callable[[Body], Body]:
        """Declare a task. It waits for `needs`, which must be done, and for `ends`, which must not have failed."""

        def declare(body: Body) -> Body:
            self.tasks[name] = Task(name, body, needs, ends, arm, choice)
            return body

        return declare

    def run(self, params: Mapping[str, Any], tell: Callable[[Task], None] = lambda task: None) -> bool:
        """Run every task whose turn has come until none is left. Gives whether none failed."""
        given = {**self.params, **params}
        waiting = list(self.tasks.values())
        while waiting:
            ready = [task for task in waiting if all(self.tasks[name].state for name in self._before(task))]
            if not ready:
                raise ValueError("these wait for one another: " + ", ".join(task.name for task in waiting))
            for task in ready:
                task.state = self._fate(task)
                if not task.state:
                    self._do(task, given, tell)
                tell(task)
                waiting.remove(task)
        return all(task.state != "failed" for task in self.tasks.values())

    @staticmethod
    def _before(task: Task) -> list[str]:
        return [*task.needs, *task.ends, *([task.arm[0]] if task.arm else [])]

    def _fate(self, task: Task) -> str:
        """What becomes of a task without running it; empty when it runs."""
        if task.arm is not None:
            choice = self.tasks[task.arm[0]]
            if choice.state != "done":
                return "passed" if choice.state == "passed" else "held"
            if choice.value != task.arm[1]:
                return "passed"
        states = {self.tasks[name].state for name in task.needs}
        if (states | {self.tasks[name].state for name in task.ends}) & {"failed", "held"}:
            return "held"
        return "passed" if "passed" in states else ""

    def _do(self, task: Task, params: Mapping[str, Any], tell: Callable[[Task], None]) -> None:
        task.started = datetime.now(timezone.utc)
        tell(task)
        try:
            task.value = task.body({name: other.value for name, other in self.tasks.items()}, params)
            task.state = "done"
        except Exception as error:
            task.state, task.error = "failed", error
        task.ended = datetime.now(timezone.utc)
