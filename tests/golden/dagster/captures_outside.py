"""The pipeline captures_outside as a Dagster job."""

# Made by pipeglot from pipeline "captures_outside", digest 10efcb521b87.

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


class CapturesOutsideParams(dg.ConfigurableResource):
    base: int = 5


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="captures_outside__base")
def base_op(params: CapturesOutsideParams):
    return json_io(double)(x=params.base)


@dg.op(name="captures_outside__numbers")
def numbers_op():
    return json_io(numbers)(n=2)


@dg.op(
    name="captures_outside__each_x",
    ins={"after_base": dg.In(dg.Nothing)},
    out=dg.DynamicOut(),
)
def each_x_op(numbers):
    for index, item in enumerate(numbers):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="captures_outside__double")
def double_op(x, plus):
    return json_io(double)(x=x, plus=plus)


@dg.op(name="captures_outside__total")
def total_op(xs):
    return json_io(total)(xs=xs)


@dg.job(resource_defs={"params": CapturesOutsideParams.configure_at_launch()})
def captures_outside():
    base = base_op.alias("base")()
    numbers = numbers_op.alias("numbers")()
    each_x = each_x_op.alias("each_x")(numbers=numbers, after_base=base)
    double = each_x.map(lambda x: double_op.alias("double")(x=x, plus=base))
    total_op.alias("total")(xs=double.collect())


defs = dg.Definitions(jobs=[captures_outside])
