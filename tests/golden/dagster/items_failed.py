"""The pipeline items_failed as a Dagster job."""

# Made by pipeglot from pipeline "items_failed", digest c496e8222859.

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


def fails() -> list[int]:
    raise ValueError("told to fail")


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="items_failed__fails")
def fails_op():
    return json_io(fails)()


@dg.op(name="items_failed__each_x", out=dg.DynamicOut())
def each_x_op(fails):
    for index, item in enumerate(fails):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="items_failed__double")
def double_op(x):
    return json_io(double)(x=x)


@dg.op(name="items_failed__second")
def second_op(x):
    return json_io(double)(x=x)


@dg.op(name="items_failed__total")
def total_op(xs):
    return json_io(total)(xs=xs)


@dg.op(name="items_failed__say")
def say_op():
    return json_io(say)(text="beside")


@dg.job
def items_failed():
    fails = fails_op.alias("fails")()
    each_x = each_x_op.alias("each_x")(fails=fails)

    def one_x(x):
        double = double_op.alias("double")(x=x)
        second_op.alias("second")(x=double)
        return double

    double = each_x.map(one_x)
    total_op.alias("total")(xs=double.collect())
    say_op.alias("say")()


defs = dg.Definitions(jobs=[items_failed])
