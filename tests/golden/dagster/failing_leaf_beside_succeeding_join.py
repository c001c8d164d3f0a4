"""The pipeline failing_leaf_beside_succeeding_join as a Dagster job."""

# Made by pipeglot from pipeline "failing_leaf_beside_succeeding_join", digest 6283e84e143b.

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


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="failing_leaf_beside_succeeding_join__one")
def one_op():
    return json_io(one)()


@dg.op(name="failing_leaf_beside_succeeding_join__fails")
def fails_op(n):
    return json_io(fails)(n=n)


@dg.op(name="failing_leaf_beside_succeeding_join__add")
def add_op(a):
    return json_io(add)(a=a)


@dg.job
def failing_leaf_beside_succeeding_join():
    one = one_op.alias("one")()
    fails_op.alias("fails")(n=one)
    add_op.alias("add")(a=one)


defs = dg.Definitions(jobs=[failing_leaf_beside_succeeding_join])
