"""The pipeline one_at_a_time as a Dagster job."""

# Made by pipeglot from pipeline "one_at_a_time", digest 2d34a73bab30.

import functools
import json
import time
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def total(xs: list[int]) -> int:
    return sum(xs)


def nap(x: int, seconds: float) -> int:
    """Long enough to meet another one that may run at the same time."""
    time.sleep(seconds)
    return x


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="one_at_a_time__each_x", out=dg.DynamicOut())
def each_x_op():
    for index, item in enumerate([1, 2, 3]):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="one_at_a_time__nap", tags={"pipeline/max_parallel": "nap"})
def nap_op(x):
    """Long enough to meet another one that may run at the same time."""
    return json_io(nap)(x=x, seconds=0.2)


@dg.op(name="one_at_a_time__total")
def total_op(xs):
    return json_io(total)(xs=xs)


@dg.job(
    executor_def=dg.multiprocess_executor.configured(
        {
            "tag_concurrency_limits": [
                {"key": "pipeline/max_parallel", "value": "nap", "limit": 1},
            ],
        },
    ),
)
def one_at_a_time():
    each_x = each_x_op.alias("each_x")()
    nap = each_x.map(lambda x: nap_op.alias("nap")(x=x))
    total_op.alias("total")(xs=nap.collect())


defs = dg.Definitions(jobs=[one_at_a_time])
