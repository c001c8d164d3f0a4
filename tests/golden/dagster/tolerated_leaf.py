"""The pipeline tolerated_leaf as a Dagster job."""

# Made by pipeglot from pipeline "tolerated_leaf", digest 0aa5486a5a92.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


def number(n: int) -> int:
    return n


# golden: shared/json_io.py


def tolerated(context, error, default):
    """Go on with the default; the log and the output tell of the failure."""
    context.log.error(f"failed, and may do so: {error!r}")
    told = {"tolerated": type(error).__name__, "message": str(error)}
    context.add_output_metadata(told)
    return default


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="tolerated_leaf__number")
def number_op():
    return json_io(number)(n=1)


@dg.op(name="tolerated_leaf__fails")
def fails_op(context: dg.OpExecutionContext):
    try:
        return json_io(fails)()
    except Exception as error:
        return tolerated(context, error, 0)


@dg.job
def tolerated_leaf():
    number_op.alias("number")()
    fails_op.alias("fails")()


defs = dg.Definitions(jobs=[tolerated_leaf])
