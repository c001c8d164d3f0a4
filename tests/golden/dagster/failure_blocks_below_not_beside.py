"""The pipeline failure_blocks_below_not_beside as a Dagster job."""

# Made by pipeglot from pipeline "failure_blocks_below_not_beside", digest f8b7178e3ef8.

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


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="failure_blocks_below_not_beside__fails")
def fails_op():
    return json_io(fails)()


@dg.op(name="failure_blocks_below_not_beside__add")
def add_op(a):
    return json_io(add)(a=a)


@dg.op(name="failure_blocks_below_not_beside__total")
def total_op(add):
    return json_io(total)(xs=[add])


@dg.op(name="failure_blocks_below_not_beside__one")
def one_op():
    return json_io(one)(n=5)


@dg.op(name="failure_blocks_below_not_beside__beside_too")
def beside_too_op(a):
    return json_io(add)(a=a)


@dg.job
def failure_blocks_below_not_beside():
    fails = fails_op.alias("fails")()
    add = add_op.alias("add")(a=fails)
    total_op.alias("total")(add=add)
    one = one_op.alias("one")()
    beside_too_op.alias("beside_too")(a=one)


defs = dg.Definitions(jobs=[failure_blocks_below_not_beside])
