"""The target dagster: a file of ops, graphs and a job, with its schedule, in one `Definitions`."""

from __future__ import annotations

from collections.abc import Mapping

from pipeglot.backends.base import NO_OPTIONS, Compiled, EngineRun, EngineSpec, Support
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import CallRecord

from .emit import emit
from .engine import ENGINE
from .observe import observe
from .support import SUPPORT

__all__ = ["BACKEND", "SUPPORT", "Dagster"]


class Dagster:
    """Compiles for Dagster 1.13 and reads its runs back."""

    target = "dagster"
    support: Mapping[str, Support] = SUPPORT
    options = NO_OPTIONS
    engine: EngineSpec | None = ENGINE

    def compile(self, pipeline: Pipeline, options: Mapping[str, str] = NO_OPTIONS) -> Compiled:
        """`<pipeline>.py`, and `dagster.yaml` where a limit needs the instance; when refused, diagnostics alone."""
        return emit(pipeline)

    def observe(self, pipeline: Pipeline, run: EngineRun) -> list[CallRecord]:
        """What the steps of a run, and of the runs it started, say about calls and regions."""
        return observe(pipeline, run)


BACKEND = Dagster()
