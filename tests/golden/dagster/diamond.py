"""The pipeline diamond as a Dagster job."""

# Made by pipeglot from pipeline "diamond", digest 66d067152382.

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


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="diamond__one")
def one_op():
    return json_io(one)()


@dg.op(name="diamond__add")
def add_op(a):
    return json_io(add)(a=a, b=1)


@dg.op(name="diamond__right")
def right_op(a):
    return json_io(add)(a=a, b=2)


@dg.op(name="diamond__total")
def total_op(add, right, one):
    return json_io(total)(xs=[add, right, one])


@dg.job
def diamond():
    one = one_op.alias("one")()
    add = add_op.alias("add")(a=one)
    right = right_op.alias("right")(a=one)
    total_op.alias("total")(add=add, right=right, one=one)


defs = dg.Definitions(jobs=[diamond])
