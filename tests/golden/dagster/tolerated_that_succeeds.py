"""The pipeline tolerated_that_succeeds as a Dagster job."""

# Made by pipeglot from pipeline "tolerated_that_succeeds", digest cb016329fbba.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


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
@dg.op(name="tolerated_that_succeeds__number")
def number_op(context: dg.OpExecutionContext):
    try:
        return json_io(number)(n=4)
    except Exception as error:
        return tolerated(context, error, 9)


@dg.op(name="tolerated_that_succeeds__then")
def then_op(n):
    return json_io(number)(n=n)


@dg.job
def tolerated_that_succeeds():
    number = number_op.alias("number")()
    then_op.alias("then")(n=number)


defs = dg.Definitions(jobs=[tolerated_that_succeeds])
