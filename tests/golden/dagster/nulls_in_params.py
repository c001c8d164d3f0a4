"""The pipeline nulls_in_params as a Dagster job."""

# Made by pipeglot from pipeline "nulls_in_params", digest 7cc79704f120.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def echo(value: Any) -> Any:
    return value


class NullsInParamsParams(dg.ConfigurableResource):
    given: Any = {"x": None, "y": [1, None]}
    rows: list[Any] = [{"a": None}]
    scores: dict[str, Any] = {"a": 0.5}


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="nulls_in_params__echo")
def echo_op(params: NullsInParamsParams):
    return json_io(echo)(value=[params.given, params.rows, params.scores])


@dg.job(resource_defs={"params": NullsInParamsParams.configure_at_launch()})
def nulls_in_params():
    echo_op.alias("echo")()


defs = dg.Definitions(jobs=[nulls_in_params])
