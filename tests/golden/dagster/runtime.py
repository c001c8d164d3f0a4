"""The pipeline runtime as a Dagster job."""

# Made by pipeglot from pipeline "runtime", digest dc01aa3353c5.

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


class RuntimeParams(dg.ConfigurableResource):
    n: int = 3


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="runtime__numbers")
def numbers_op(params: RuntimeParams):
    return json_io(numbers)(n=params.n)


@dg.op(name="runtime__each_x", out=dg.DynamicOut())
def each_x_op(numbers):
    for index, item in enumerate(numbers):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="runtime__double")
def double_op(x):
    return json_io(double)(x=x)


@dg.op(name="runtime__total")
def total_op(xs):
    return json_io(total)(xs=xs)


@dg.op(name="runtime__then")
def then_op(x):
    return json_io(double)(x=x)


@dg.job(resource_defs={"params": RuntimeParams.configure_at_launch()})
def runtime():
    numbers = numbers_op.alias("numbers")()
    each_x = each_x_op.alias("each_x")(numbers=numbers)
    double = each_x.map(lambda x: double_op.alias("double")(x=x))
    total = total_op.alias("total")(xs=double.collect())
    then_op.alias("then")(x=total)


defs = dg.Definitions(jobs=[runtime])
