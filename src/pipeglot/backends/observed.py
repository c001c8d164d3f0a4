"""What the tasks of an engine say, in words of records."""

from __future__ import annotations

from pipeglot.backends.base import EngineTask
from pipeglot.core.record import Failure


def failure(task: EngineTask) -> Failure:
    """The error of a failed task; the engine's own word for its state where it told none."""
    error = task.error or {}
    return Failure(type=error.get("type", task.state), message=error.get("message", ""))
