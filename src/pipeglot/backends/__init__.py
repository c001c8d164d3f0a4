"""The targets: looked up by name, loaded when asked for."""

from __future__ import annotations

import ast
import difflib
import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from importlib.metadata import entry_points

from pipeglot.backends.base import Backend, Compiled
from pipeglot.core.diagnostic import CompileError, Diagnostic, accept, blocking
from pipeglot.core.ir import Pipeline

TARGETS: dict[str, str] = {
    "airflow": "pipeglot.backends.airflow",
    "prefect": "pipeglot.backends.prefect",
}
"""Our own targets; others come from installed packages by the entry point group `pipeglot.backends`."""


def targets() -> dict[str, str]:
    """Every known target: its name and the module that has its `BACKEND`."""
    outside = {point.name: point.value for point in entry_points(group="pipeglot.backends")}
    return {**outside, **TARGETS}


def get(target: str) -> Backend:
    """The backend of a target. Raises CompileError with PG201 and a guess when there is none."""
    known = targets()
    if target not in known:
        close = difflib.get_close_matches(target, known, 1)
        way_out = f"did you mean {close[0]!r}?" if close else "known: " + ", ".join(sorted(known))
        raise CompileError([Diagnostic("PG201", "error", f"there is no target {target!r}", None, way_out)])
    backend: Backend = import_module(known[target]).BACKEND
    return backend


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection: a compile builds large trees without cycles, and looking through them again and
    again would make its time grow faster than the pipeline."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def compile(pipeline: Pipeline, target: str, *, allow: Iterable[str] = ()) -> Compiled:
    """Compile a valid pipeline for a target.

    Args:
        pipeline: a pipeline that `pipeglot.core.check` finds no error in.
        target: a name of `targets()`.
        allow: codes of losses that are accepted; they come back as notes.

    Raises:
        CompileError: with all diagnostics, when something cannot be compiled or a loss is not allowed.
    """
    with _uncollected():
        compiled = get(target).compile(pipeline)
        diagnostics = tuple(accept(compiled.diagnostics, allow))
        if blocking(diagnostics):
            raise CompileError(diagnostics)
        for path, text in compiled.files.items():
            if path.endswith(".py"):
                ast.parse(text, path)
    return replace(compiled, diagnostics=diagnostics)
