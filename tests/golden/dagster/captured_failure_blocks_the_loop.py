"""The pipeline captured_failure_blocks_the_loop as a Dagster job."""

# Made by pipeglot from pipeline "captured_failure_blocks_the_loop", digest 543f84c744eb.

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


def fails() -> list[int]:
    raise ValueError("told to fail")


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="captured_failure_blocks_the_loop__fails")
def fails_op():
    return json_io(fails)()


@dg.op(name="captured_failure_blocks_the_loop__numbers")
def numbers_op():
    return json_io(numbers)(n=2)


@dg.op(
    name="captured_failure_blocks_the_loop__each_x",
    ins={"after_fails": dg.In(dg.Nothing)},
    out=dg.DynamicOut(),
)
def each_x_op(numbers):
    for index, item in enumerate(numbers):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="captured_failure_blocks_the_loop__double")
def double_op(x):
    return json_io(double)(x=x)


@dg.op(name="captured_failure_blocks_the_loop__say")
def say_op(double):
    return json_io(say)(text=f"{double}")


@dg.op(name="captured_failure_blocks_the_loop__total")
def total_op(xs):
    return json_io(total)(xs=xs)


@dg.job
def captured_failure_blocks_the_loop():
    fails = fails_op.alias("fails")()
    numbers = numbers_op.alias("numbers")()
    each_x = each_x_op.alias("each_x")(numbers=numbers, after_fails=fails)

    def one_x(x):
        double = double_op.alias("double")(x=x)
        say_op.alias("say")(double=double)
        return double

    double = each_x.map(one_x)
    total_op.alias("total")(xs=double.collect())


defs = dg.Definitions(jobs=[captured_failure_blocks_the_loop])
