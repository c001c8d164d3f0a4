"""What tasks are called in KFP."""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = 63


def task_text(text: str) -> str:
    """A task id made of `text`, not yet guarded against collisions: lower-case letters, digits and single hyphens.

    >>> task_text("2nd Größe_x!")
    'n2nd-gr-e-x'
    """
    base = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:LONGEST].strip("-") or "x"
    return "n" + base if base[0].isdigit() else base


def pipeline_text(text: str) -> str:
    """A name KFP takes for a pipeline.

    >>> pipeline_text("My pipeline: é")
    'my-pipeline'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:127].strip("-") or "pipeline"


class TaskNames:
    """Distinct ids over a whole pipeline, of tasks or of components: KFP wants those of tasks distinct in a DAG."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {*taken}
        self._next: dict[str, int] = {}

    def __call__(self, text: str) -> str:
        name = base = task_text(text)
        number = self._next.get(base, 2)
        while name in self._taken:
            name, number = f"{base}-{number}", number + 1
        self._next[base] = number
        self._taken.add(name)
        return name
