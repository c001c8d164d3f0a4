"""The pipeline over_params as a Dagster job."""

# Made by pipeglot from pipeline "over_params", digest 443aa8dc9aae.

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


class OverParamsParams(dg.ConfigurableResource):
    sizes: list[int] = [4, 5]


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="over_params__each_s", out=dg.DynamicOut())
def each_s_op(params: OverParamsParams):
    for index, item in enumerate(params.sizes):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="over_params__double")
def double_op(x):
    return json_io(double)(x=x, plus=1)


@dg.op(name="over_params__total")
def total_op(xs):
    return json_io(total)(xs=xs)


@dg.job(resource_defs={"params": OverParamsParams.configure_at_launch()})
def over_params():
    each_s = each_s_op.alias("each_s")()
    double = each_s.map(lambda s: double_op.alias("double")(x=s))
    total_op.alias("total")(xs=double.collect())


defs = dg.Definitions(jobs=[over_params])
