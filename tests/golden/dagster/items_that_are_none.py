"""The pipeline items_that_are_none as a Dagster job."""

# Made by pipeglot from pipeline "items_that_are_none", digest c2138ce46f82.

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


def join(texts: list[str]) -> str:
    return "+".join(texts)


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="items_that_are_none__each_x", out=dg.DynamicOut())
def each_x_op():
    for index, item in enumerate([1, 2, 3]):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="items_that_are_none__odd_or_none")
def odd_or_none_op(x):
    return json_io(odd_or_none)(x=x)


@dg.op(name="items_that_are_none__each_maybe", out=dg.DynamicOut())
def each_maybe_op(xs):
    for index, item in enumerate(xs):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="items_that_are_none__say")
def say_op(maybe):
    return json_io(say)(text=f"item {maybe}")


@dg.op(name="items_that_are_none__join")
def join_op(texts):
    return json_io(join)(texts=texts)


@dg.job
def items_that_are_none():
    each_x = each_x_op.alias("each_x")()
    odd_or_none = each_x.map(lambda x: odd_or_none_op.alias("odd_or_none")(x=x))
    each_maybe = each_maybe_op.alias("each_maybe")(xs=odd_or_none.collect())
    say = each_maybe.map(lambda maybe: say_op.alias("say")(maybe=maybe))
    join_op.alias("join")(texts=say.collect())


defs = dg.Definitions(jobs=[items_that_are_none])
