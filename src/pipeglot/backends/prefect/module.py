"""One generated file of Prefect's."""

from __future__ import annotations

from pipeglot.codegen.module import Module
from pipeglot.codegen.names import Imports, Names, identifier
from pipeglot.codegen.python import AuthorCode
from pipeglot.core.ir import Pipeline

from .helpers import HELPERS, NEEDS

RESERVED_PARAMETERS = frozenset({"wait_for", "return_state", "deferred", "self", "index"})
"""What `Task.submit`, `Task.map` and our own loops take for themselves."""

ENGINE_NAMES: dict[str, str] = {
    "Annotated": "typing.Annotated",
    "Any": "typing.Any",
    "Literal": "typing.Literal",
    "Lock": "threading.Lock",
    "ThreadPoolExecutor": "concurrent.futures.ThreadPoolExecutor",
    "copy_context": "contextvars.copy_context",
    "timezone": "datetime.timezone",
    "ZoneInfo": "zoneinfo.ZoneInfo",
    "Field": "pydantic.Field",
    "StrictBool": "pydantic.StrictBool",
    "StrictFloat": "pydantic.StrictFloat",
    "StrictInt": "pydantic.StrictInt",
    "StrictStr": "pydantic.StrictStr",
    "allow_failure": "prefect.allow_failure",
    "flow": "prefect.flow",
    "task": "prefect.task",
    "unmapped": "prefect.unmapped",
    "NO_CACHE": "prefect.cache_policies.NO_CACHE",
    "PrefectFuture": "prefect.futures.PrefectFuture",
    "resolve_futures_to_results": "prefect.futures.resolve_futures_to_results",
    "flow_run": "prefect.runtime.flow_run",
    "Failed": "prefect.states.Failed",
}
"""Every name that a generated file may import for itself, and what it means."""

FLOW_VARIABLES = ("runs", "stopped", "failed", "result", "lock")
"""The variables of a flow that stand for nothing of the pipeline."""


class PrefectModule(Module):
    """Names of a file on module level.

    Attributes:
        flow: the name of the flow's function.
    """

    def __init__(self, pipeline: Pipeline, author: AuthorCode, imports: Imports) -> None:
        self._params = frozenset(param.name for param in pipeline.params)
        super().__init__(pipeline, author, imports, ENGINE_NAMES, HELPERS, NEEDS, self._params)
        self._beside_parameters = self.taken | RESERVED_PARAMETERS | self.engine_names
        self.flow = self.name("flow", identifier(pipeline.name))

    def locals(self) -> Names:
        """Names for the flow's own variables, once all others are known: it calls nothing of the author's."""
        return Names({*self.own_names, *self._params, *FLOW_VARIABLES})

    def parameters(self) -> Names:
        """Names for the parameters of one task."""
        return Names(around=self._beside_parameters)
