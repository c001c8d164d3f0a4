"""The pipeline every_day as a Dagster job."""

# Made by pipeglot from pipeline "every_day", digest b43195bd0f2e.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
from pydantic import Field, TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    """Give back what it is told."""
    return text


class EveryDayParams(dg.ConfigurableResource):
    logical_date: str | None = Field(default=None, description="in ISO 8601")


# golden: shared/json_io.py


# golden: shared/run_moment.py


def run_day(context, params):
    return run_moment(context, params, "UTC").strftime("%Y-%m-%d")


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="every_day__say")
def say_op(context: dg.OpExecutionContext, params: EveryDayParams):
    """Give back what it is told."""
    return json_io(say)(text=f"{run_day(context, params)}")


@dg.job(resource_defs={"params": EveryDayParams.configure_at_launch()})
def every_day():
    say_op.alias("say")()


@dg.schedule(
    job=every_day,
    cron_schedule="0 0 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def every_day_schedule(context: dg.ScheduleEvaluationContext):
    moment = context.scheduled_execution_time
    params = EveryDayParams(logical_date=moment.isoformat())
    return dg.RunRequest(run_config=dg.RunConfig(resources={"params": params}))


defs = dg.Definitions(jobs=[every_day], schedules=[every_day_schedule])
