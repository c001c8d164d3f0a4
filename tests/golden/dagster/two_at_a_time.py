"""The pipeline two_at_a_time as a Dagster job."""

# Made by pipeglot from pipeline "two_at_a_time", digest 67ad470c2f58.

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


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def total(xs: list[int]) -> int:
    return sum(xs)


def nap(x: int, seconds: float) -> int:
    """Long enough to meet another one that may run at the same time."""
    time.sleep(seconds)
    return x


class TwoAtATimeParams(dg.ConfigurableResource):
    count: int = 4


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="two_at_a_time__numbers")
def numbers_op(params: TwoAtATimeParams):
    return json_io(numbers)(n=params.count)


@dg.op(name="two_at_a_time__each_x", out=dg.DynamicOut())
def each_x_op(numbers):
    for index, item in enumerate(numbers):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="two_at_a_time__nap", tags={"pipeline/max_parallel": "nap"})
def nap_op(x):
    """Long enough to meet another one that may run at the same time."""
    return json_io(nap)(x=x, seconds=0.5)


@dg.op(name="two_at_a_time__total")
def total_op(xs):
    return json_io(total)(xs=xs)


@dg.job(
    resource_defs={"params": TwoAtATimeParams.configure_at_launch()},
    executor_def=dg.multiprocess_executor.configured(
        {
            "tag_concurrency_limits": [
                {"key": "pipeline/max_parallel", "value": "nap", "limit": 2},
            ],
        },
    ),
)
def two_at_a_time():
    numbers = numbers_op.alias("numbers")()
    each_x = each_x_op.alias("each_x")(numbers=numbers)
    nap = each_x.map(lambda x: nap_op.alias("nap")(x=x))
    total_op.alias("total")(xs=nap.collect())


defs = dg.Definitions(jobs=[two_at_a_time])
