"""The pipeline few_runs_and_not_for_long as a Dagster job."""

# Made by pipeglot from pipeline "few_runs_and_not_for_long", digest f0b0a1f127a2.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(n: int) -> int:
    return 2 * n


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="few_runs_and_not_for_long__double")
def double_op():
    return json_io(double)(n=1)


@dg.job(
    tags={"max_active_runs": "few_runs_and_not_for_long", "dagster/max_runtime": "3600"}
)
def few_runs_and_not_for_long():
    double_op.alias("double")()


defs = dg.Definitions(jobs=[few_runs_and_not_for_long])
