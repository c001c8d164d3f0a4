"""The pipeline tolerated_beside_a_failure as a Dagster job."""

# Made by pipeglot from pipeline "tolerated_beside_a_failure", digest d0609dd1804b.

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
@dg.op(name="tolerated_beside_a_failure__tolerated")
def tolerated_op(context: dg.OpExecutionContext):
    try:
        return json_io(fails)()
    except Exception as error:
        return tolerated(context, error, 0)


@dg.op(name="tolerated_beside_a_failure__show")
def show_op(value):
    return json_io(show)(value=value)


@dg.op(name="tolerated_beside_a_failure__hard")
def hard_op():
    return json_io(fails)()


@dg.job
def tolerated_beside_a_failure():
    tolerated_2 = tolerated_op.alias("tolerated")()
    show_op.alias("show")(value=tolerated_2)
    hard_op.alias("hard")()


defs = dg.Definitions(jobs=[tolerated_beside_a_failure])
