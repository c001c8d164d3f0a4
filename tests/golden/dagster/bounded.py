"""The pipeline bounded as a Dagster job."""

# Made by pipeglot from pipeline "bounded", digest 1bf6f48766f6.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="bounded__numbers")
def numbers_op():
    return json_io(numbers)(n=5)


@dg.op(name="bounded__each_x", out=dg.DynamicOut())
def each_x_op(numbers):
    for index, item in enumerate(numbers):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="bounded__double", tags={"pipeline/max_parallel": "double"})
def double_op(x):
    return json_io(double)(x=x)


@dg.op(name="bounded__second", tags={"pipeline/max_parallel": "second"})
def second_op(x):
    return json_io(double)(x=x)


@dg.op(name="bounded__total")
def total_op(xs):
    return json_io(total)(xs=xs)


@dg.job(
    executor_def=dg.multiprocess_executor.configured(
        {
            "tag_concurrency_limits": [
                {"key": "pipeline/max_parallel", "value": "double", "limit": 2},
                {"key": "pipeline/max_parallel", "value": "second", "limit": 2},
            ],
        },
    ),
)
def bounded():
    numbers = numbers_op.alias("numbers")()
    each_x = each_x_op.alias("each_x")(numbers=numbers)

    def one_x(x):
        double = double_op.alias("double")(x=x)
        second = second_op.alias("second")(x=double)
        return second

    second = each_x.map(one_x)
    total_op.alias("total")(xs=second.collect())


defs = dg.Definitions(jobs=[bounded])
