"""The pipeline bounded_params as a Dagster job."""

# Made by pipeglot from pipeline "bounded_params", digest 6d0120a33e57.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any, Literal

import dagster as dg
from pydantic import Field, TypeAdapter
from pydantic_core import to_jsonable_python


def echo(value: Any) -> Any:
    return value


class BoundedParamsParams(dg.ConfigurableResource):
    n: int = Field(default=3, ge=1, le=9)
    mode: Literal["a", "b"] = "a"
    x: Any = None


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="bounded_params__echo")
def echo_op(params: BoundedParamsParams):
    return json_io(echo)(value=[params.n, params.mode, params.x])


@dg.job(resource_defs={"params": BoundedParamsParams.configure_at_launch()})
def bounded_params():
    echo_op.alias("echo")()


defs = dg.Definitions(jobs=[bounded_params])
