"""The pipeline retries_with_backoff as a Dagster job."""

# Made by pipeglot from pipeline "retries_with_backoff", digest 6eae9e9a6bf0.

import functools
import json
import os
import traceback
import typing
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


# golden: shared/flaky.py


# golden: shared/json_io.py


@contextmanager
def retried(context, waits):
    """Try again after each of the waits, in seconds, one after the other."""
    try:
        yield
    except Exception as error:
        if context.retry_number == len(waits):
            raise
        raise dg.RetryRequested(len(waits), waits[context.retry_number]) from error


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="retries_with_backoff__flaky")
def flaky_op(context: dg.OpExecutionContext):
    """Fails its first attempts, counted in a folder that outlives them."""
    with retried(context, [1, 2, 2]):
        return json_io(flaky)(key="c", failures=2)


@dg.job
def retries_with_backoff():
    flaky_op.alias("flaky")()


defs = dg.Definitions(jobs=[retries_with_backoff])
