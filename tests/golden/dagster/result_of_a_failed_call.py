"""The pipeline result_of_a_failed_call as a Dagster job."""

# Made by pipeglot from pipeline "result_of_a_failed_call", digest ac3f053d505a.

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


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="result_of_a_failed_call__one")
def one_op():
    return json_io(one)()


@dg.op(name="result_of_a_failed_call__fails")
def fails_op():
    return json_io(fails)()


@dg.job
def result_of_a_failed_call():
    one_op.alias("one")()
    fails_op.alias("fails")()


defs = dg.Definitions(jobs=[result_of_a_failed_call])
