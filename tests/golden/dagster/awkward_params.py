"""The pipeline awkward_params as a Dagster job."""

# Made by pipeglot from pipeline "awkward_params", digest 03b4503f2506.

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


class AwkwardParamsParams(dg.ConfigurableResource):
    text: str = '{{ ds }} o\'brien "x" \\'
    data: Any = {"{{ a }}": ["$x", None]}


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="awkward_params__echo")
def echo_op(params: AwkwardParamsParams):
    return json_io(echo)(value=[params.text, params.data, f"<{params.text}>"])


@dg.job(resource_defs={"params": AwkwardParamsParams.configure_at_launch()})
def awkward_params():
    echo_op.alias("echo")()


defs = dg.Definitions(jobs=[awkward_params])
