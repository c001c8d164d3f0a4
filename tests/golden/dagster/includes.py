"""The pipeline includes as a Dagster job."""

# Made by pipeglot from pipeline "includes", digest e5fbf7b9f3b9.

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


def total(xs: list[int]) -> int:
    return sum(xs)


def add(a: int, b: int = 10) -> int:
    return a + b


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="includes__one")
def one_op():
    return json_io(one)(n=7)


@dg.op(name="includes__prepared_one")
def prepared_one_op(n):
    return json_io(one)(n=n)


@dg.op(name="includes__prepared_add", ins={"after_one": dg.In(dg.Nothing)})
def prepared_add_op(a):
    return json_io(add)(a=a, b=1)


@dg.op(name="includes__again_one")
def again_one_op():
    return json_io(one)(n=2)


@dg.op(name="includes__again_add")
def again_add_op(a):
    return json_io(add)(a=a, b=1)


@dg.op(name="includes__total")
def total_op(prepared_add, again_add):
    return json_io(total)(xs=[prepared_add, again_add])


@dg.job
def includes():
    one = one_op.alias("one")()
    prepared_one = prepared_one_op.alias("prepared_one")(n=one)
    prepared_add = prepared_add_op.alias("prepared_add")(a=prepared_one, after_one=one)
    again_one = again_one_op.alias("again_one")()
    again_add = again_add_op.alias("again_add")(a=again_one)
    total_op.alias("total")(prepared_add=prepared_add, again_add=again_add)


defs = dg.Definitions(jobs=[includes])
