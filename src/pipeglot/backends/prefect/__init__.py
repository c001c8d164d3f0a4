"""The target prefect: a flow file with tasks and futures, and prefect.yaml for its deployment."""

from pipeglot.backends.base import Backend

from .emit import emit
from .engine import ENGINE
from .observe import observe
from .support import SUPPORT

BACKEND = Backend("prefect", lambda pipeline, _: emit(pipeline), observe, SUPPORT, engine=ENGINE)
