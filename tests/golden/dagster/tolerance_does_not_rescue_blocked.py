"""The pipeline tolerance_does_not_rescue_blocked as a Dagster job."""

# Made by pipeglot from pipeline "tolerance_does_not_rescue_blocked", digest f3c0f8df7eb2.

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


def show(value: int | None) -> str:
    return f"got {value}"


# golden: shared/json_io.py


def tolerated(context, error, default):
    """Go on with the default; the log and the output tell of the failure."""
    context.log.error(f"failed, and may do so: {error!r}")
    told = {"tolerated": type(error).__name__, "message": str(error)}
    context.add_output_metadata(told)
    return default


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="tolerance_does_not_rescue_blocked__fails")
def fails_op():
    return json_io(fails)()


@dg.op(name="tolerance_does_not_rescue_blocked__number")
def number_op(context: dg.OpExecutionContext, n):
    try:
        return json_io(number)(n=n)
    except Exception as error:
        return tolerated(context, error, 1)


@dg.op(name="tolerance_does_not_rescue_blocked__show")
def show_op(value):
    return json_io(show)(value=value)


@dg.job
def tolerance_does_not_rescue_blocked():
    fails = fails_op.alias("fails")()
    number = number_op.alias("number")(n=fails)
    show_op.alias("show")(value=number)


defs = dg.Definitions(jobs=[tolerance_does_not_rescue_blocked])
