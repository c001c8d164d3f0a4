"""The parameters of a run: defaults filled in, and everything that is wrong with what was given."""

from __future__ import annotations

from collections.abc import Mapping

from pipeglot.core.diagnostic import AuthoringError, Diagnostic
from pipeglot.core.domain import outside
from pipeglot.core.ir import Json, Pipeline
from pipeglot.core.mismatch import mismatch


def date_param(pipeline: Pipeline) -> str:
    """What the engines that take a run's logical date as one more parameter call that: none of the pipeline's own has the
    name.

    >>> from pipeglot.core.ir import Param
    >>> date_param(Pipeline(name="p")), date_param(Pipeline(name="p", params=(Param(name="logical_date", default=1),)))
    ('logical_date', 'logical_date_of_run')
    """
    name = "logical_date"
    while name in {param.name for param in pipeline.params}:
        name += "_of_run"
    return name


def resolve_params(pipeline: Pipeline, given: Mapping[str, Json] | None = None) -> dict[str, Json]:
    """Every parameter of the pipeline with its value (JSON), in the author's order.

    Raises AuthoringError with all that is missing, unknown, of the wrong type or no value of the language.

    >>> from pipeglot.core.ir import Param
    >>> resolve_params(Pipeline(name="p", params=(Param(name="n", default=1), Param(name="m"))), {"m": 2})
    {'n': 1, 'm': 2}
    """
    given = given or {}
    known = {param.name: param for param in pipeline.params}
    wrong: list[Diagnostic] = []
    for name in given:
        if name not in known:
            names = ", ".join(known) or "none"
            message = f"{pipeline.name!r} has no parameter {name!r}"
            wrong.append(Diagnostic("PG351", "error", message, pipeline.at, f"its parameters: {names}"))
    for name, param in known.items():
        if name in given:
            reason = outside(given[name]) or mismatch(given[name], param.type)
            if reason is not None:
                wrong.append(Diagnostic("PG352", "error", f"parameter {name!r}: {reason}", param.at))
        elif param.required:
            wrong.append(Diagnostic("PG350", "error", f"parameter {name!r} is required", param.at))
    if wrong:
        raise AuthoringError(wrong)
    return {name: given.get(name, param.default) for name, param in known.items()}
