"""The pipeline tolerated_item as a Dagster job."""

# Made by pipeglot from pipeline "tolerated_item", digest 8a1e4c4d54c9.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def number(n: int) -> int:
    return n


def fails_on_one(n: int) -> int:
    if n == 1:
        raise ValueError("one")
    return n


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


def tolerated(context, error, default):
    """Go on with the default; the log and the output tell of the failure."""
    context.log.error(f"failed, and may do so: {error!r}")
    told = {"tolerated": type(error).__name__, "message": str(error)}
    context.add_output_metadata(told)
    return default


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="tolerated_item__each_n", out=dg.DynamicOut())
def each_n_op():
    for index, item in enumerate([0, 1, 2]):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="tolerated_item__fails_on_one")
def fails_on_one_op(context: dg.OpExecutionContext, n):
    try:
        return json_io(fails_on_one)(n=n)
    except Exception as error:
        return tolerated(context, error, 100)


@dg.op(name="tolerated_item__number")
def number_op(n):
    return json_io(number)(n=n)


@dg.op(name="tolerated_item__total")
def total_op(xs):
    return json_io(total)(xs=xs)


@dg.job
def tolerated_item():
    each_n = each_n_op.alias("each_n")()

    def one_n(n):
        fails_on_one = fails_on_one_op.alias("fails_on_one")(n=n)
        number = number_op.alias("number")(n=fails_on_one)
        return number

    number = each_n.map(one_n)
    total_op.alias("total")(xs=number.collect())


defs = dg.Definitions(jobs=[tolerated_item])
