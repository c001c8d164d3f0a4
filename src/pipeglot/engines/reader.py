"""Read what files of an engine declare: its own loader loads them, nothing is run."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from pipeglot import engines
from pipeglot.core.diagnostic import Diagnostic, EngineError
from pipeglot.engines.native import Native
from pipeglot.engines.process import Job
from pipeglot.engines.query import inquire

LIMIT = 120.0
"""Seconds that the loading of one file may take."""


def read_many(
    target: str,
    jobs: Sequence[Job],
    *,
    python: Path | None = None,
    limit: float = LIMIT,
    stop: threading.Event | None = None,
) -> list[Native | EngineError]:
    """Read DAGs, flows, jobs or pipelines, all in one process.

    Args:
        target: a target whose engine has a reader.
        jobs: each the file and the name of one in it.
        python: the engine's Python; by default that of the installed engine.
        limit: seconds that loading one may take.
        stop: ends it when set, from another thread.

    Returns:
        What each declares, in their order, or the error that stands for it: PG322 when the engine cannot load the file,
        PG320, PG321 when that ends the process or takes too long.

    Raises:
        EngineError: PG327 when the target's engine has no reader, and as `inquire` does.
    """
    reader = engines.spec(target).reader
    if reader is None:
        message = f"what a file of {target} declares cannot be read here: its backend has no reader"
        way_out = "compare it by hand; `EngineSpec.reader` is where to add one"
        raise EngineError([Diagnostic("PG327", "error", message, None, way_out, target)])
    told = inquire(target, reader, jobs, "native", limit=limit, python=python, stop=stop)
    return [said if isinstance(said, EngineError) else _native(target, said) for said in told]


def _native(target: str, said: object) -> Native | EngineError:
    try:
        return Native.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        message = (
            f"the reader of {target} gave something unexpected: {'.'.join(map(str, first['loc']))}: {first['msg']}"
        )
        return EngineError([Diagnostic("PG327", "error", message, None, "", target)])
