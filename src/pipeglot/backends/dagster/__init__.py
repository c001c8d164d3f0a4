"""The target dagster: a file of ops, graphs and a job, with its schedule, in one `Definitions`."""

from pipeglot.backends.base import Backend, observed_by

from .emit import emit
from .engine import ENGINE
from .support import SUPPORT

BACKEND = Backend(
    "dagster", lambda pipeline, _: emit(pipeline), observed_by(f"{__name__}.observe"), SUPPORT, engine=ENGINE
)
