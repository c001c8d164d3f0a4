"""The targets: looked up by name, loaded when asked for."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module

from pipeglot.backends.base import NO_OPTIONS, Backend, Compiled
from pipeglot.codegen.readable import readable
from pipeglot.core.dataclass import replace
from pipeglot.core.diagnostic import CompileError, Diagnostic, accept, blocking, did_you_mean
from pipeglot.core.ir import Pipeline

TARGETS: dict[str, str] = {
    name: f"{__name__}.{name}"
    for name in sorted(os.listdir(__path__[0]))
    if os.path.isfile(os.path.join(__path__[0], name, "__init__.py"))
}
"""Our own targets: the packages in this folder. Others come from installed packages by the entry point group
`pipeglot.backends`."""


def targets() -> dict[str, str]:
    """Every known target: its name and the module that has its `BACKEND`."""
    from importlib.metadata import entry_points  # reads every installed distribution

    outside = {point.name: point.value for point in entry_points(group="pipeglot.backends")}
    return {**outside, **TARGETS}


def get(target: str) -> Backend:
    """The backend of a target.

    Raises:
        CompileError: PG201, with a guess, when there is none; PG203 when the package that brings it does not load.
    """
    known = TARGETS if target in TARGETS else targets()
    if target not in known:
        way_out = did_you_mean(target, known)
        raise CompileError([Diagnostic("PG201", "error", f"there is no target {target!r}", None, way_out)])
    try:
        backend: Backend = import_module(known[target]).BACKEND
    except Exception as error:
        if target in TARGETS:
            raise  # a bug of ours
        message = f"the target {target!r} does not load from {known[target]}: {type(error).__name__}: {error}"
        way_out = "fix or uninstall the plug-in package"
        raise CompileError([Diagnostic("PG203", "error", message, None, way_out, target)]) from error
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


def compile(
    pipeline: Pipeline, target: str, *, allow: Iterable[str] = (), options: Mapping[str, str] = NO_OPTIONS
) -> Compiled:
    """Compile a valid pipeline for a target.

    Args:
        pipeline: a pipeline that `pipeglot.core.check` finds no error in.
        target: a name of `targets()`.
        allow: codes of losses that are accepted; they come back as notes.
        options: what the target lets its users choose, by name (`Backend.options`).

    Raises:
        CompileError: with all diagnostics, when something cannot be compiled, a loss is not allowed or an option is
            not known (PG202).
    """
    backend = get(target)
    if unknown := [name for name in options if name not in backend.options]:
        known = ", ".join(backend.options) or "none"
        message = f"{target} has no option {unknown[0]!r}"
        raise CompileError([Diagnostic("PG202", "error", message, None, f"its options: {known}", target)])
    with _uncollected():
        compiled = backend.compile(pipeline, options)
        diagnostics = tuple(accept(compiled.diagnostics, allow))
        if blocking(diagnostics):
            raise CompileError(diagnostics)
        for path, text in compiled.files.items():
            if path.endswith(".py"):
                readable(text, path)
    return replace(compiled, diagnostics=diagnostics)
