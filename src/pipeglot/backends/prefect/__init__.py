"""The target prefect: a flow file with tasks and futures, and prefect.yaml for its deployment."""

from __future__ import annotations

from collections.abc import Mapping

from pipeglot.backends.base import NO_OPTIONS, Compiled, EngineRun, EngineSpec, Support
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import CallRecord

from .emit import emit
from .engine import ENGINE
from .observe import observe
from .support import SUPPORT

__all__ = ["BACKEND", "SUPPORT", "Prefect"]


class Prefect:
    """Compiles for Prefect 3 and reads its runs back."""

    target = "prefect"
    support: Mapping[str, Support] = SUPPORT
    options = NO_OPTIONS
    engine: EngineSpec | None = ENGINE

    def compile(self, pipeline: Pipeline, options: Mapping[str, str] = NO_OPTIONS) -> Compiled:
        """`<pipeline>.py` and `prefect.yaml`, with what is lost; when refused, diagnostics alone."""
        return emit(pipeline)

    def observe(self, pipeline: Pipeline, run: EngineRun) -> list[CallRecord]:
        """What the task runs of a flow run say about calls and regions."""
        return observe(pipeline, run)


BACKEND = Prefect()
