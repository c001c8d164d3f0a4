"""The pipeline monthly_from_a_day_on as a Dagster job."""

# Made by pipeglot from pipeline "monthly_from_a_day_on", digest 7a12c828747f.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(n: int) -> int:
    return 2 * n


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="monthly_from_a_day_on__double")
def double_op():
    return json_io(double)(n=1)


@dg.job
def monthly_from_a_day_on():
    double_op.alias("double")()


@dg.schedule(
    job=monthly_from_a_day_on,
    cron_schedule="0 2 1 * *",
    execution_timezone="Europe/Berlin",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def monthly_from_a_day_on_schedule(context: dg.ScheduleEvaluationContext):
    moment = context.scheduled_execution_time
    start = datetime(2025, 12, 1, 0, 0, 0, tzinfo=timezone.utc)
    if moment < start:
        return dg.SkipReason(f"the schedule starts at {start}")
    return dg.RunRequest()


defs = dg.Definitions(
    jobs=[monthly_from_a_day_on], schedules=[monthly_from_a_day_on_schedule]
)
