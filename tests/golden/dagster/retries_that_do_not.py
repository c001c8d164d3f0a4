"""The pipeline retries_that_do_not as a Dagster job."""

# Made by pipeglot from pipeline "retries_that_do_not", digest d424ddfb184a.

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


def number(n: int) -> int:
    return n


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="retries_that_do_not__flaky", retry_policy=dg.RetryPolicy(max_retries=1))
def flaky_op():
    """Fails its first attempts, counted in a folder that outlives them."""
    return json_io(flaky)(key="b", failures=5)


@dg.op(name="retries_that_do_not__number")
def number_op(n):
    return json_io(number)(n=n)


@dg.job
def retries_that_do_not():
    flaky = flaky_op.alias("flaky")()
    number_op.alias("number")(n=flaky)


defs = dg.Definitions(jobs=[retries_that_do_not])
