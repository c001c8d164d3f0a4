"""The pipeline after_a_tolerated_failure as a Dagster job."""

# Made by pipeglot from pipeline "after_a_tolerated_failure", digest e0a29552da9c.

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
@dg.op(name="after_a_tolerated_failure__fails")
def fails_op(context: dg.OpExecutionContext):
    try:
        return json_io(fails)()
    except Exception as error:
        return tolerated(context, error, 0)


@dg.op(name="after_a_tolerated_failure__number", ins={"after_fails": dg.In(dg.Nothing)})
def number_op():
    return json_io(number)(n=1)


@dg.job
def after_a_tolerated_failure():
    fails = fails_op.alias("fails")()
    number_op.alias("number")(after_fails=fails)


defs = dg.Definitions(jobs=[after_a_tolerated_failure])
