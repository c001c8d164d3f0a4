"""The pipeline day_of_the_schedule as a Dagster job."""

# Made by pipeglot from pipeline "day_of_the_schedule", digest c8e4d32de753.

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


class DayOfTheScheduleParams(dg.ConfigurableResource):
    logical_date: str | None = Field(default=None, description="in ISO 8601")


# golden: shared/json_io.py


# golden: shared/run_moment.py


def run_day(context, params):
    return run_moment(context, params, "America/New_York").strftime("%Y-%m-%d")


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="day_of_the_schedule__say")
def say_op(context: dg.OpExecutionContext, params: DayOfTheScheduleParams):
    """Give back what it is told."""
    return json_io(say)(text=f"{run_day(context, params)}")


@dg.job(resource_defs={"params": DayOfTheScheduleParams.configure_at_launch()})
def day_of_the_schedule():
    say_op.alias("say")()


@dg.schedule(
    job=day_of_the_schedule,
    cron_schedule="30 0 * * 1-5",
    execution_timezone="America/New_York",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def day_of_the_schedule_schedule(context: dg.ScheduleEvaluationContext):
    moment = context.scheduled_execution_time
    params = DayOfTheScheduleParams(logical_date=moment.isoformat())
    return dg.RunRequest(run_config=dg.RunConfig(resources={"params": params}))


defs = dg.Definitions(
    jobs=[day_of_the_schedule], schedules=[day_of_the_schedule_schedule]
)
