"""The target dagster: a file of ops, graphs and a job, with its schedule, in one `Definitions`."""

from pipeglot.backends.base import Backend

from .emit import emit
from .engine import ENGINE
from .observe import observe
from .support import SUPPORT

BACKEND = Backend("dagster", lambda pipeline, _: emit(pipeline), observe, SUPPORT, engine=ENGINE)
