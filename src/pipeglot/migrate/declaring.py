"""The native sides of a dry-run, read while they run: what both sides declare, and what only one can."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeAlias

from pipeglot import backends
from pipeglot.compare.model import NotCompared
from pipeglot.compare.weight import Declared
from pipeglot.core.diagnostic import EngineError
from pipeglot.core.ir import Pipeline
from pipeglot.core.shape import inline
from pipeglot.engines.native import Native
from pipeglot.migrate.declarations import Partners
from pipeglot.migrate.declared import declared
from pipeglot.migrate.matching import match
from pipeglot.migrate.native import NativeSide
from pipeglot.migrate.runner import Runner, RunRequest
from pipeglot.migrate.sides import RecordedSide

Found: TypeAlias = tuple[tuple[Declared, ...], list[NotCompared]]


@contextmanager
def reading(old: Runner, new: Runner, task: RunRequest) -> Iterator[Callable[[], Found]]:
    """Read the native sides meanwhile. What it gives waits for that; leaving the block ends it."""
    halt = threading.Event()
    sides = {name: side for name, side in (("old", old), ("new", new)) if isinstance(side, NativeSide)}
    if any(isinstance(side, RecordedSide) for side in (old, new)):
        sides = {}  # a run that was made before declares nothing
    with ThreadPoolExecutor(2, thread_name_prefix="read") as pool:
        told = {name: pool.submit(side.declares, task, halt) for name, side in sides.items()}
        try:
            yield lambda: _compared(task.pipeline, sides, told)
        finally:
            halt.set()


def _compared(pipeline: Pipeline, sides: dict[str, NativeSide], told: dict[str, Future[Native]]) -> Found:
    read: dict[str, tuple[Native, Partners]] = {}
    gaps: list[NotCompared] = []
    for name, side in sides.items():
        try:
            native = told[name].result()
        except EngineError as error:
            why = error.diagnostics[0].message.splitlines()[0]
            gaps.append(NotCompared(what=f"what the {name} side declares", why=f"it could not be read: {why}"))
        else:
            read[name] = native, partners(pipeline, native, side)
    if len(read) < len(sides) or not read:
        return (), gaps
    found = declared(pipeline, read.get("old"), read.get("new"))
    return found, [*gaps, *_gaps(found)]


def partners(pipeline: Pipeline, native: Native, side: NativeSide) -> Partners:
    """Which calls the tasks stand for: in files of our own by what they were compiled from, else as those of a run."""
    names = [task.name for task in native.tasks]
    if native.compiled:
        known = backends.get(native.engine).compile(pipeline).names
        if known.keys() & set(names):
            return {name: (known[name],) for name in names if name in known}
    return match(inline(pipeline), names, side.mapping).partner


def _gaps(found: Sequence[Declared]) -> Iterable[NotCompared]:
    alone = [one for one in found if one.verdict == "unknown" and "alone has it" in one.note]
    if alone:
        names = ", ".join(dict.fromkeys(one.name for one in alone))
        calls = tuple(dict.fromkeys(one.call or one.task for one in alone if one.call or one.task))
        why = f"the language has nothing like it: {names}"
        yield NotCompared(what="what only one engine declares", why=why, calls=calls)
    unread = [one for one in found if one.verdict == "unknown" and one not in alone]
    if unread:
        names = ", ".join(dict.fromkeys(one.name for one in unread))
        calls = tuple(dict.fromkeys(one.call for one in unread if one.call))
        yield NotCompared(what="declared policies that a side's files do not tell", why=names, calls=calls)
