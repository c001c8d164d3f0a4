"""What a native task handed on, as the output of the call that it stands for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pipeglot.backends.base import EngineTask
from pipeglot.core.fitted import as_declared
from pipeglot.core.ir import Schema
from pipeglot.core.types import options, select

NOTHING = object()
"""The output of a task of which the engine did not keep it."""


def output_of(
    task: EngineTask, returns: Schema, told: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[Any, tuple[str, ...]]:
    """The output of a call, and the keys of what else was handed on, which is no part of it.

    What a task hands on by key (an XCom, a named output) is a field of the output where the call's step returns
    an object with that field; an item where it returns a tuple; the output itself where it is the only one.

    Args:
        task: the native task.
        returns: the schema of what the call's step returns.
        told: paths in the output by key, as the map file has them.

    >>> task = EngineTask("train", "success", values={"auc": 1, "day": "mon"}, has_output=True)
    >>> output_of(task, {"type": "object", "properties": {"auc": {"type": "number"}}})
    ({'auc': 1.0}, ('day',))
    >>> output_of(task, {"type": "number"}, {"auc": ()})
    (1.0, ('day',))
    >>> output_of(EngineTask("n", "succeeded", values={"Output": 3.0}), {"type": "integer"})
    (3, ())
    """
    values = dict(task.values)
    output = task.output if task.has_output else NOTHING
    if told:
        for key, path in told.items():
            if key in values:
                output = _with(output, path, values.pop(key))
    kinds = {option.get("type") for option in options(returns)}
    fields = {name for option in options(returns) for name in option.get("properties", {})}
    if output is NOTHING and values.keys() == {"Output"} and "Output" not in fields:
        output = _only(values.pop("Output"), returns)
    if isinstance(output, dict) or (output in (NOTHING, None) and "object" in kinds):
        own = output if isinstance(output, dict) else {}
        # Airflow hands the fields of a dict on once more, each by its key.
        values = {key: value for key, value in values.items() if key not in own or own[key] != value}
        mine = {key: value for key, value in values.items() if key not in own and (key in fields or not fields)}
        if mine:
            output = {**own, **mine}
        values = {key: value for key, value in values.items() if key not in mine}
    elif output in (NOTHING, None) and not told and values:
        if kinds & {"array"} and len(values) > 1:
            output, values = list(values.values()), {}
        elif len(values) == 1 and kinds != {"null"}:
            output, values = next(iter(values.values())), {}
    if output is not NOTHING:
        output = as_declared(output, returns)
    return output, tuple(values)


def _only(value: Any, returns: Schema) -> Any:
    """The one output of a KFP component, which calls it so; what is no text may travel as JSON, and numbers travel as floats."""
    kinds = {option.get("type") for option in options(returns)}
    if isinstance(value, str) and None not in kinds and "string" not in kinds:
        with suppress(ValueError):
            value = json.loads(value)
    return _whole(value, returns)


def _whole(value: Any, schema: Schema) -> Any:
    """A value with whole numbers where whole numbers are declared."""
    match value:
        case float() if value.is_integer() and {option.get("type") for option in options(schema)} <= {
            "integer",
            "null",
        }:
            return int(value)
        case list():
            return [_whole(each, select(schema, (number,)) or {}) for number, each in enumerate(value)]
        case dict():
            return {key: _whole(each, select(schema, (key,)) or {}) for key, each in value.items()}
    return value


def _with(output: Any, path: tuple[str, ...], value: Any) -> Any:
    if not path:
        return value
    own = output if isinstance(output, dict) else {}
    return {**own, path[0]: _with(own.get(path[0]), path[1:], value)}
