"""Ask an engine about files without running them: one process for many, under the engine's own Python."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeglot import engines
from pipeglot.core.dataclass import replace
from pipeglot.engines.process import Job, Probe, answers


def inquire(
    target: str,
    probe: Path,
    jobs: Sequence[Job],
    kind: str,
    *,
    limit: float,
    python: Path | None = None,
    stop: threading.Event | None = None,
) -> list[Any]:
    """What a probe says of each file, in their order: JSON, or the EngineError that stands for what it could not tell.

    A file that ends the process, or takes too long, is an error of its own: the others are asked about in a new one.

    Args:
        target: a target with an engine.
        probe: the script that the engine's Python runs.
        jobs: the files; their working folders are empty ones.
        kind: the word under which the probe answers.
        limit: seconds that it may take about one file.
        python: the engine's Python; by default that of the installed engine.
        stop: ends it when set, from another thread.

    Raises:
        EngineError: PG301 when the engine is not installed; PG310 when nothing can be written; PG320, PG321 when it does
            not start; PG325 when it was stopped.
    """
    chosen = python if python is not None else engines.find(target).python
    asked = {number: replace(job, cwd=None) for number, job in enumerate(jobs)}
    told = dict(answers(Probe(engines.spec(target), probe, chosen, kind, limit), asked, stop=stop))
    return [told[number] for number in range(len(jobs))]
