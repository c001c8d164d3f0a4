"""Read what files of an engine declare: its own loader loads them, nothing is run."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from pipeglot.backends import engines
from pipeglot.backends.execute import Job
from pipeglot.backends.inquiry import inquire
from pipeglot.backends.native import Native
from pipeglot.core.diagnostic import Diagnostic, EngineError

LIMIT = 120.0
"""Seconds that the loading of one file may take."""


def read_native(
    target: str,
    file: Path,
    name: str | None = None,
    *,
    python: Path | None = None,
    path: Sequence[Path] = (),
    limit: float = LIMIT,
    stop: threading.Event | None = None,
) -> Native:
    """Read one DAG, flow, job or pipeline.

    Args:
        target: a target whose engine has a reader.
        file: the file that holds it.
        name: the id of the DAG, or the name of the flow or job; by default the file's.
        python: the engine's Python; by default that of the installed engine.
        path: further folders that it imports from.
        limit: seconds that loading it may take.
        stop: ends it when set, from another thread.

    Raises:
        EngineError: PG301 when the engine is not installed, PG320, PG321, PG325 when it dies, takes too long or is stopped,
            PG322 when it cannot load the file, PG327 when there is no reader for it.
    """
    [found] = read_many(
        target, [Job(file.parent, file.name, name or file.stem, path=path)], python=python, limit=limit, stop=stop
    )
    if isinstance(found, EngineError):
        raise found
    return found


def read_many(
    target: str,
    jobs: Sequence[Job],
    *,
    python: Path | None = None,
    limit: float = LIMIT,
    stop: threading.Event | None = None,
) -> list[Native | EngineError]:
    """Read many in one process; an error stands for what could not be read. As `read_native` otherwise."""
    reader = engines.spec(target).reader
    if reader is None:
        message = f"what a file of {target} declares cannot be read here: its backend has no reader"
        way_out = "compare it by hand; `EngineSpec.reader` is where to add one"
        raise EngineError([Diagnostic("PG327", "error", message, None, way_out, target)])
    told = inquire(target, reader, [(job, {}) for job in jobs], "native", limit=limit, python=python, stop=stop)
    return [said if isinstance(said, EngineError) else _native(target, said) for said in told]


def _native(target: str, said: object) -> Native | EngineError:
    try:
        return Native.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        message = f"the reader of {target} told something else: {'.'.join(map(str, first['loc']))}: {first['msg']}"
        return EngineError([Diagnostic("PG327", "error", message, None, "", target)])
