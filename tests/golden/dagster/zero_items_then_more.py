"""The pipeline zero_items_then_more as a Dagster job."""

# Made by pipeglot from pipeline "zero_items_then_more", digest e71c8199222e.

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


def say(text: str) -> str:
    return text


class ZeroItemsThenMoreParams(dg.ConfigurableResource):
    n: int = 0


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="zero_items_then_more__numbers")
def numbers_op(params: ZeroItemsThenMoreParams):
    return json_io(numbers)(n=params.n)


@dg.op(name="zero_items_then_more__each_x", out=dg.DynamicOut())
def each_x_op(numbers):
    for index, item in enumerate(numbers):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="zero_items_then_more__double")
def double_op(x):
    return json_io(double)(x=x)


@dg.op(name="zero_items_then_more__again")
def again_op(x):
    return json_io(double)(x=x)


@dg.op(name="zero_items_then_more__total")
def total_op(xs):
    return json_io(total)(xs=xs)


@dg.op(name="zero_items_then_more__after_loop", ins={"after_each_x": dg.In(dg.Nothing)})
def after_loop_op():
    return json_io(say)(text="after")


@dg.op(name="zero_items_then_more__end")
def end_op(total):
    return json_io(say)(text=f"total {total}")


@dg.job(resource_defs={"params": ZeroItemsThenMoreParams.configure_at_launch()})
def zero_items_then_more():
    numbers = numbers_op.alias("numbers")()
    each_x = each_x_op.alias("each_x")(numbers=numbers)

    def one_x(x):
        double = double_op.alias("double")(x=x)
        again = again_op.alias("again")(x=double)
        return again

    again = each_x.map(one_x)
    total = total_op.alias("total")(xs=again.collect())
    after_loop_op.alias("after_loop")(after_each_x=again.collect())
    end_op.alias("end")(total=total)


defs = dg.Definitions(jobs=[zero_items_then_more])
