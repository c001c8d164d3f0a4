"""The pipeline static as a Dagster job."""

# Made by pipeglot from pipeline "static", digest 580fa7f9b994.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="static__each_x", out=dg.DynamicOut())
def each_x_op():
    for index, item in enumerate([1, 2, 3]):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="static__double")
def double_op(x):
    return json_io(double)(x=x)


@dg.op(name="static__total")
def total_op(xs):
    return json_io(total)(xs=xs)


@dg.job
def static():
    each_x = each_x_op.alias("each_x")()
    double = each_x.map(lambda x: double_op.alias("double")(x=x))
    total_op.alias("total")(xs=double.collect())


defs = dg.Definitions(jobs=[static])
