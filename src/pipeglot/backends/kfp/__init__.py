"""The target kfp: a PipelineSpec for Kubeflow Pipelines, and the script that schedules it."""

from __future__ import annotations

from collections.abc import Mapping

from pipeglot.backends.base import NO_OPTIONS, Compiled, EngineRun
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import CallRecord

from .emit import OPTIONS, emit
from .engine import ENGINE
from .observe import observe
from .support import SUPPORT

__all__ = ["BACKEND", "SUPPORT", "Kfp"]


class Kfp:
    """Compiles for Kubeflow Pipelines 2 and reads its runs back."""

    target = "kfp"
    support = SUPPORT
    options = OPTIONS
    engine = ENGINE

    def compile(self, pipeline: Pipeline, options: Mapping[str, str] = NO_OPTIONS) -> Compiled:
        """`<pipeline>.yaml` and, where they say something, the platform file and the deployment script."""
        return emit(pipeline, options)

    def observe(self, pipeline: Pipeline, run: EngineRun) -> list[CallRecord]:
        """What the tasks of a run say about calls and regions."""
        return observe(pipeline, run)


BACKEND = Kfp()
