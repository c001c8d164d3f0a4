"""The pipeline grouped as a Dagster job."""

# Made by pipeglot from pipeline "grouped", digest 13d8fc1519dd.

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
@dg.op(name="grouped__one")
def one_op():
    return json_io(one)()


@dg.op(name="grouped__add")
def add_op(a):
    return json_io(add)(a=a, b=1)


@dg.op(name="grouped__deep")
def deep_op(a):
    return json_io(add)(a=a, b=1)


@dg.op(name="grouped__total")
def total_op(add, deep):
    return json_io(total)(xs=[add, deep])


@dg.job
def grouped():
    one = one_op.alias("one")()
    add = add_op.alias("add")(a=one)
    deep = deep_op.alias("deep")(a=add)
    total_op.alias("total")(add=add, deep=deep)


defs = dg.Definitions(jobs=[grouped])
