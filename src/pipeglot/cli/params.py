"""Parameters of a run: text of the command line becomes JSON by what the parameter's type admits."""

from __future__ import annotations

import contextlib
import difflib
import json
from collections.abc import Iterable, Mapping

from pipeglot.cli import files
from pipeglot.core.domain import outside
from pipeglot.core.ir import Json, Pipeline, Schema
from pipeglot.core.mismatch import mismatch
from pipeglot.core.params import resolve_params
from pipeglot.core.types import scalar_kind


def collect(pipeline: Pipeline, told: Iterable[str], file: str | None) -> dict[str, Json]:
    """The values of a file and those given as NAME=VALUE, which win.

    Raises InputError for a file that is no JSON object, a name the pipeline does not have, and text that does
    not fit its parameter; AuthoringError when one is missing, or a value of the file does not fit.
    """
    values = given(pipeline, told, file)
    resolve_params(pipeline, values)
    return values


def given(pipeline: Pipeline, told: Iterable[str], file: str | None) -> dict[str, Json]:
    """As `collect`, where a run may have the others from elsewhere: what is missing is no error."""
    values: dict[str, Json] = {} if file is None else _object(file)
    types = {param.name: param.type for param in pipeline.params}
    for pair in told:
        name, equals, text = pair.partition("=")
        if not equals:
            raise files.fail("PG342", f"-p {pair} is not NAME=VALUE")
        _known(name, types)
        try:
            values[name] = typed(text, types[name])
        except ValueError as error:
            raise files.fail("PG342", f"parameter {name}: {error}") from None
    return values


def _object(file: str) -> dict[str, Json]:
    try:
        data = json.loads(files.read(file))
    except (ValueError, RecursionError) as error:
        raise files.fail("PG342", f"{file} is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise files.fail("PG342", f"{file} does not hold a JSON object of parameters")
    return data


def _known(name: str, types: Mapping[str, Schema]) -> None:
    if name not in types:
        close = difflib.get_close_matches(name, types, 1)
        known = ", ".join(types) or "none"
        way_out = f"did you mean {close[0]}?" if close else f"its parameters: {known}"
        raise files.fail("PG342", f"the pipeline has no parameter {name!r}", way_out)


def typed(text: str, schema: Schema) -> Json:
    """What `text` means for a parameter of this type: itself where only text will do, else JSON, and itself
    again where that does not fit. Raises ValueError, with the reason, when neither fits, and for a number that the language
    has not.

    >>> typed("3", {"type": "integer"}), typed("3", {"type": "string"}), typed("[1]", {})
    (3, '3', [1])
    """
    readings: list[Json] = [text]
    if scalar_kind(schema) != "text":
        with contextlib.suppress(ValueError, RecursionError):
            readings.insert(0, json.loads(text, parse_constant=_no_constant))
    reason = outside(readings[0])
    if reason is not None:
        raise ValueError(reason)
    for value in readings:
        if mismatch(value, schema) is None:
            return value
    raise ValueError(mismatch(readings[0], schema))


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
