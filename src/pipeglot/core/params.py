"""The parameters of a run: defaults filled in, and everything that is wrong with what was given."""

from __future__ import annotations

from collections.abc import Mapping

from pipeglot.core.diagnostic import AuthoringError, Diagnostic
from pipeglot.core.ir import Json, Pipeline
from pipeglot.core.types import mismatch


def resolve_params(pipeline: Pipeline, given: Mapping[str, Json] | None = None) -> dict[str, Json]:
    """Every parameter of the pipeline with its value (JSON), in the author's order.

    Raises AuthoringError with all that is missing, unknown or of the wrong type.

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
            reason = mismatch(given[name], param.type)
            if reason is not None:
                wrong.append(Diagnostic("PG352", "error", f"parameter {name!r}: {reason}", param.at))
        elif param.required:
            wrong.append(Diagnostic("PG350", "error", f"parameter {name!r} is required", param.at))
    if wrong:
        raise AuthoringError(wrong)
    return {name: given.get(name, param.default) for name, param in known.items()}
