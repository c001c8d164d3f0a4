"""The target kfp: a PipelineSpec for Kubeflow Pipelines, and the script that schedules it."""

from pipeglot.backends.base import Backend

from .emit import OPTIONS, emit
from .engine import ENGINE
from .observe import observe
from .support import SUPPORT

BACKEND = Backend("kfp", emit, observe, SUPPORT, options=OPTIONS, engine=ENGINE)
