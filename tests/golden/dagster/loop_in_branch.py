"""The pipeline loop_in_branch as a Dagster job."""

# Made by pipeglot from pipeline "loop_in_branch", digest 650e071b3da8.

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


class LoopInBranchParams(dg.ConfigurableResource):
    n: int = 2
    go: bool = True


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="loop_in_branch__numbers")
def numbers_op(params: LoopInBranchParams):
    return json_io(numbers)(n=params.n)


@dg.op(
    name="loop_in_branch__if_double",
    ins={"after_numbers": dg.In(dg.Nothing)},
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_double_op(params: LoopInBranchParams):
    if params.go:
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(
    name="loop_in_branch__each_x", ins={"when": dg.In(dg.Nothing)}, out=dg.DynamicOut()
)
def each_x_op(numbers):
    for index, item in enumerate(numbers):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="loop_in_branch__double")
def double_op(x):
    return json_io(double)(x=x)


@dg.op(name="loop_in_branch__total")
def total_op(xs):
    return json_io(total)(xs=xs)


@dg.op(name="loop_in_branch__other", ins={"when": dg.In(dg.Nothing)})
def other_op():
    return json_io(total)(xs=[100])


@dg.op(name="loop_in_branch__total_merged")
def total_merged_op(values: list):
    return values[0]


@dg.op(name="loop_in_branch__end")
def end_op(x):
    return json_io(double)(x=x)


@dg.job(resource_defs={"params": LoopInBranchParams.configure_at_launch()})
def loop_in_branch():
    numbers = numbers_op.alias("numbers")()
    if_double = if_double_op.alias("if_double")(after_numbers=numbers)
    each_x = each_x_op.alias("each_x")(numbers=numbers, when=if_double.then)
    double = each_x.map(lambda x: double_op.alias("double")(x=x))
    total = total_op.alias("total")(xs=double.collect())
    other = other_op.alias("other")(when=if_double.otherwise)
    total_merged = total_merged_op.alias("total_merged")(values=[total, other])
    end_op.alias("end")(x=total_merged)


defs = dg.Definitions(jobs=[loop_in_branch])
