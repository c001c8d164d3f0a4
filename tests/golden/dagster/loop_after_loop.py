"""The pipeline loop_after_loop as a Dagster job."""

# Made by pipeglot from pipeline "loop_after_loop", digest e00da8b9a9ce.

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
@dg.op(name="loop_after_loop__numbers")
def numbers_op():
    return json_io(numbers)(n=3)


@dg.op(name="loop_after_loop__each_x", out=dg.DynamicOut())
def each_x_op(numbers):
    for index, item in enumerate(numbers):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="loop_after_loop__double")
def double_op(x):
    return json_io(double)(x=x)


@dg.op(name="loop_after_loop__each_v", out=dg.DynamicOut())
def each_v_op(ys):
    for index, item in enumerate(ys):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="loop_after_loop__again")
def again_op(x):
    return json_io(double)(x=x)


@dg.op(name="loop_after_loop__total")
def total_op(xs):
    return json_io(total)(xs=xs)


@dg.job
def loop_after_loop():
    numbers = numbers_op.alias("numbers")()
    each_x = each_x_op.alias("each_x")(numbers=numbers)
    double = each_x.map(lambda x: double_op.alias("double")(x=x))
    each_v = each_v_op.alias("each_v")(ys=double.collect())
    again = each_v.map(lambda v: again_op.alias("again")(x=v))
    total_op.alias("total")(xs=again.collect())


defs = dg.Definitions(jobs=[loop_after_loop])
