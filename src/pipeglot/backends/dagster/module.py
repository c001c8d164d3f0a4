"""One generated file of Dagster's."""

from __future__ import annotations

from pipeglot.codegen.module import Module, keep
from pipeglot.codegen.names import Imports, Names, identifier
from pipeglot.codegen.pysource import string
from pipeglot.codegen.python import AuthorCode
from pipeglot.codegen.shadowing import boundary_names
from pipeglot.core.ir import Cron, Pipeline
from pipeglot.core.params import date_param

from .helpers import HELPERS, NEEDS

ENGINE_NAMES: dict[str, str] = {
    "dg": "dagster",
    "Any": "typing.Any",
    "Literal": "typing.Literal",
    "Field": "pydantic.Field",
    "ZoneInfo": "zoneinfo.ZoneInfo",
    "contextmanager": "contextlib.contextmanager",
    "datetime": "datetime.datetime",
    "signal": "signal",
    "suppress": "contextlib.suppress",
    "timedelta": "datetime.timedelta",
    "timezone": "datetime.timezone",
}
"""Every name that a generated file may import for itself, and what it means."""


class DagsterModule(Module):
    """Names of a file on module level.

    Attributes:
        params: the name of the class of the run's parameters.
    """

    def __init__(self, pipeline: Pipeline, author: AuthorCode, imports: Imports) -> None:
        self.steps = {step.name: step for step in pipeline.steps}
        timing = pipeline.schedule.timing if pipeline.schedule else None
        zone = string(timing.timezone if isinstance(timing, Cron) else "UTC")
        helpers = {
            **HELPERS,
            "run_day": HELPERS["run_day"].replace('"here"', zone),
            "run_moment": HELPERS["run_moment"].replace("params.logical_date", f"params.{date_param(pipeline)}"),
        }
        super().__init__(pipeline, author, imports, ENGINE_NAMES, helpers, NEEDS, {"context", "params"})
        self.engine_names |= boundary_names().keys()
        self.params = self.name("params class", f"{_camel(pipeline.name)}Params")

    def dg(self, name: str) -> str:
        """Something of Dagster."""
        return f"{self.use('dg')}.{name}"

    def locals(self, *taken: str) -> Names:
        """Names for the variables of one graph, which calls nothing of the author's."""
        return Names({*self.own_names, *taken}, keep)


def _camel(text: str) -> str:
    return "".join(word.capitalize() for word in identifier(text).split("_"))
