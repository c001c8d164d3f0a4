"""The pipeline every_six_hours as a Dagster job."""

# Made by pipeglot from pipeline "every_six_hours", digest 52129c8c842e.

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
@dg.op(name="every_six_hours__double")
def double_op():
    return json_io(double)(n=3)


@dg.job
def every_six_hours():
    double_op.alias("double")()


every_six_hours_schedule = dg.ScheduleDefinition(
    name="every_six_hours_schedule",
    job=every_six_hours,
    cron_schedule="0 */6 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)


defs = dg.Definitions(jobs=[every_six_hours], schedules=[every_six_hours_schedule])
