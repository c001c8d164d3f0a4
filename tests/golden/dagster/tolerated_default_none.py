"""The pipeline tolerated_default_none as a Dagster job."""

# Made by pipeglot from pipeline "tolerated_default_none", digest 6fa4d2c6a999.

import functools
import json
import os
import traceback
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


# golden: shared/flaky.py


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
@dg.op(name="tolerated_default_none__flaky", retry_policy=dg.RetryPolicy(max_retries=1))
def flaky_op(context: dg.OpExecutionContext):
    """Fails its first attempts, counted in a folder that outlives them."""
    try:
        return json_io(flaky)(key="d", failures=9)
    except Exception as error:
        if context.retry_number < 1:
            raise
        return tolerated(context, error, 3)


@dg.op(name="tolerated_default_none__show")
def show_op(value):
    return json_io(show)(value=value)


@dg.job
def tolerated_default_none():
    flaky = flaky_op.alias("flaky")()
    show_op.alias("show")(value=flaky)


defs = dg.Definitions(jobs=[tolerated_default_none])
