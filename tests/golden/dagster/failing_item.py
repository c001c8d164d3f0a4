"""The pipeline failing_item as a Dagster job."""

# Made by pipeglot from pipeline "failing_item", digest 73a49417f556.

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


def fails_on(x: int, bad: int = 1) -> int:
    if x == bad:
        raise ValueError(f"told to fail on {bad}")
    return x


def total(xs: list[int]) -> int:
    return sum(xs)


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="failing_item__each_x", out=dg.DynamicOut())
def each_x_op():
    for index, item in enumerate([0, 1, 2]):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="failing_item__fails_on")
def fails_on_op(x):
    return json_io(fails_on)(x=x)


@dg.op(name="failing_item__double")
def double_op(x):
    return json_io(double)(x=x)


@dg.op(name="failing_item__total")
def total_op(xs):
    return json_io(total)(xs=xs)


@dg.op(name="failing_item__say")
def say_op():
    return json_io(say)(text="beside")


@dg.job
def failing_item():
    each_x = each_x_op.alias("each_x")()

    def one_x(x):
        fails_on = fails_on_op.alias("fails_on")(x=x)
        double = double_op.alias("double")(x=fails_on)
        return double

    double = each_x.map(one_x)
    total_op.alias("total")(xs=double.collect())
    say_op.alias("say")()


defs = dg.Definitions(jobs=[failing_item])
