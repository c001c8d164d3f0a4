"""The target kfp: a PipelineSpec for Kubeflow Pipelines, and the script that schedules it."""

from pipeglot.backends.base import Backend, observed_by

from .emit import OPTIONS, emit
from .engine import ENGINE
from .support import SUPPORT

BACKEND = Backend("kfp", emit, observed_by(f"{__name__}.observe"), SUPPORT, options=OPTIONS, engine=ENGINE)
