"""The pipeline after_orders_without_value as a Dagster job."""

# Made by pipeglot from pipeline "after_orders_without_value", digest a4bb113a80ea.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def one(n: int = 1) -> int:
    return n


def add(a: int, b: int = 10) -> int:
    return a + b


def nothing() -> None:
    return None


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="after_orders_without_value__nothing")
def nothing_op():
    return json_io(nothing)()


@dg.op(name="after_orders_without_value__one", ins={"after_nothing": dg.In(dg.Nothing)})
def one_op():
    return json_io(one)()


@dg.op(
    name="after_orders_without_value__add",
    ins={"after_one": dg.In(dg.Nothing), "after_nothing": dg.In(dg.Nothing)},
)
def add_op():
    return json_io(add)(a=3)


@dg.job
def after_orders_without_value():
    nothing = nothing_op.alias("nothing")()
    one = one_op.alias("one")(after_nothing=nothing)
    add_op.alias("add")(after_one=one, after_nothing=nothing)


defs = dg.Definitions(jobs=[after_orders_without_value])
