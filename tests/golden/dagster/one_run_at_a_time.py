"""The pipeline one_run_at_a_time as a Dagster job."""

# Made by pipeglot from pipeline "one_run_at_a_time", digest d6b748fc74c0.

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
@dg.op(name="one_run_at_a_time__double")
def double_op():
    return json_io(double)(n=1)


@dg.job(tags={"max_active_runs": "one_run_at_a_time"})
def one_run_at_a_time():
    double_op.alias("double")()


defs = dg.Definitions(jobs=[one_run_at_a_time])
