"""The pipeline one_item as a Dagster job."""

# Made by pipeglot from pipeline "one_item", digest 7403a8d8a20a.

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


class OneItemParams(dg.ConfigurableResource):
    n: int = 4


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="one_item__numbers")
def numbers_op(params: OneItemParams):
    return json_io(numbers)(n=params.n)


@dg.op(name="one_item__total")
def total_op(xs):
    return json_io(total)(xs=xs)


@dg.op(name="one_item__each_v", out=dg.DynamicOut())
def each_v_op(total):
    for index, item in enumerate([total]):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="one_item__double")
def double_op(x):
    return json_io(double)(x=x)


@dg.op(name="one_item__sum_2")
def sum_2_op(xs):
    return json_io(total)(xs=xs)


@dg.job(resource_defs={"params": OneItemParams.configure_at_launch()})
def one_item():
    numbers = numbers_op.alias("numbers")()
    total = total_op.alias("total")(xs=numbers)
    each_v = each_v_op.alias("each_v")(total=total)
    double = each_v.map(lambda v: double_op.alias("double")(x=v))
    sum_2_op.alias("sum_2")(xs=double.collect())


defs = dg.Definitions(jobs=[one_item])
