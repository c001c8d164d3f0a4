"""The pipeline none_keeps_its_place as a Dagster job."""

# Made by pipeglot from pipeline "none_keeps_its_place", digest eb6ea6f7009e.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def odd_or_none(x: int) -> int | None:
    return x if x % 2 else None


def show(xs: list[int | None]) -> str:
    return ",".join(str(x) for x in xs)


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="none_keeps_its_place__each_x", out=dg.DynamicOut())
def each_x_op():
    for index, item in enumerate([1, 2, 3, 4]):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="none_keeps_its_place__odd_or_none")
def odd_or_none_op(x):
    return json_io(odd_or_none)(x=x)


@dg.op(name="none_keeps_its_place__show")
def show_op(xs):
    return json_io(show)(xs=xs)


@dg.job
def none_keeps_its_place():
    each_x = each_x_op.alias("each_x")()
    odd_or_none = each_x.map(lambda x: odd_or_none_op.alias("odd_or_none")(x=x))
    show_op.alias("show")(xs=odd_or_none.collect())


defs = dg.Definitions(jobs=[none_keeps_its_place])
