"""The pipeline blocked_include as a Dagster job."""

# Made by pipeglot from pipeline "blocked_include", digest 2956a40eae25.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def add(a: int, b: int = 10) -> int:
    return a + b


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


def one(n: int = 1) -> int:
    return n


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="blocked_include__fails")
def fails_op():
    return json_io(fails)()


@dg.op(name="blocked_include__prepared_one")
def prepared_one_op(n):
    return json_io(one)(n=n)


@dg.op(name="blocked_include__prepared_add", ins={"after_fails": dg.In(dg.Nothing)})
def prepared_add_op(a):
    return json_io(add)(a=a, b=1)


@dg.op(name="blocked_include__add")
def add_op(a):
    return json_io(add)(a=a, b=1)


@dg.job
def blocked_include():
    fails = fails_op.alias("fails")()
    prepared_one = prepared_one_op.alias("prepared_one")(n=fails)
    prepared_add = prepared_add_op.alias("prepared_add")(
        a=prepared_one, after_fails=fails
    )
    add_op.alias("add")(a=prepared_add)


defs = dg.Definitions(jobs=[blocked_include])
