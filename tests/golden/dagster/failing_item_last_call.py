"""The pipeline failing_item_last_call as a Dagster job."""

# Made by pipeglot from pipeline "failing_item_last_call", digest 7d1ffad10589.

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


def fails_on(x: int, bad: int = 1) -> int:
    if x == bad:
        raise ValueError(f"told to fail on {bad}")
    return x


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="failing_item_last_call__numbers")
def numbers_op():
    return json_io(numbers)(n=3)


@dg.op(name="failing_item_last_call__each_x", out=dg.DynamicOut())
def each_x_op(numbers):
    for index, item in enumerate(numbers):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="failing_item_last_call__double")
def double_op(x):
    return json_io(double)(x=x)


@dg.op(name="failing_item_last_call__fails_on")
def fails_on_op(x):
    return json_io(fails_on)(x=x, bad=2)


@dg.op(name="failing_item_last_call__of_a")
def of_a_op(xs):
    return json_io(total)(xs=xs)


@dg.op(name="failing_item_last_call__of_b")
def of_b_op(xs):
    return json_io(total)(xs=xs)


@dg.job
def failing_item_last_call():
    numbers = numbers_op.alias("numbers")()
    each_x = each_x_op.alias("each_x")(numbers=numbers)

    def one_x(x):
        double = double_op.alias("double")(x=x)
        fails_on = fails_on_op.alias("fails_on")(x=double)
        return double, fails_on

    double, fails_on = each_x.map(one_x)
    of_a_op.alias("of_a")(xs=double.collect())
    of_b_op.alias("of_b")(xs=fails_on.collect())


defs = dg.Definitions(jobs=[failing_item_last_call])
