"""How much work something is, counted and not timed: the same on a busy machine."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


def operations(action: Callable[[], object]) -> int:
    """How many lines of Python are executed, in threads too. What a built-in does at once counts as one."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    before, others = sys.gettrace(), threading.gettrace()
    sys.settrace(trace)
    threading.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(before)
        threading.settrace(others)
    return count


def grows_in_proportion(action: Callable[[int], object], size: int) -> bool:
    """Whether four times the size is about four times the work; were it its square, it would be sixteen times."""
    action(2)  # what is made once
    return operations(lambda: action(4 * size)) < 6 * operations(lambda: action(size))
