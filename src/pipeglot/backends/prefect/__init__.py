"""The target prefect: a flow file with tasks and futures, and prefect.yaml for its deployment."""

from pipeglot.backends.base import Backend, observed_by

from .emit import emit
from .engine import ENGINE
from .support import SUPPORT

BACKEND = Backend(
    "prefect", lambda pipeline, _: emit(pipeline), observed_by(f"{__name__}.observe"), SUPPORT, engine=ENGINE
)
