"""The pipeline two_days_at_most as a Dagster job."""

# Made by pipeglot from pipeline "two_days_at_most", digest 274c0c2b22d7.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(n: int) -> int:
    return 2 * n


class TwoDaysAtMostParams(dg.ConfigurableResource):
    n: int = 2


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="two_days_at_most__first")
def first_op(params: TwoDaysAtMostParams):
    return json_io(double)(n=params.n)


@dg.op(name="two_days_at_most__double")
def double_op(n):
    return json_io(double)(n=n)


@dg.job(
    resource_defs={"params": TwoDaysAtMostParams.configure_at_launch()},
    tags={"dagster/max_runtime": "172800"},
)
def two_days_at_most():
    first = first_op.alias("first")()
    double_op.alias("double")(n=first)


defs = dg.Definitions(jobs=[two_days_at_most])
