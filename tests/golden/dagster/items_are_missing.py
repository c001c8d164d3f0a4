"""The pipeline items_are_missing as a Dagster job."""

# Made by pipeglot from pipeline "items_are_missing", digest d76b8c95b3c1.

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


def say(text: str) -> str:
    return text


def anything(kind: str) -> dict[str, list[int]]:
    return {} if kind == "missing" else {"items": [1, 2]}


class ItemsAreMissingParams(dg.ConfigurableResource):
    kind: str = "missing"


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="items_are_missing__anything")
def anything_op(params: ItemsAreMissingParams):
    return json_io(anything)(kind=params.kind)


@dg.op(name="items_are_missing__each_x", out=dg.DynamicOut())
def each_x_op(anything):
    for index, item in enumerate(anything["items"]):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="items_are_missing__double")
def double_op(x):
    return json_io(double)(x=x)


@dg.op(name="items_are_missing__total")
def total_op(xs):
    return json_io(total)(xs=xs)


@dg.op(name="items_are_missing__say")
def say_op():
    return json_io(say)(text="beside")


@dg.job(resource_defs={"params": ItemsAreMissingParams.configure_at_launch()})
def items_are_missing():
    anything = anything_op.alias("anything")()
    each_x = each_x_op.alias("each_x")(anything=anything)
    double = each_x.map(lambda x: double_op.alias("double")(x=x))
    total_op.alias("total")(xs=double.collect())
    say_op.alias("say")()


defs = dg.Definitions(jobs=[items_are_missing])
