"""The pipeline nightly as a Dagster job."""

# Made by pipeglot from pipeline "nightly", digest 3f78285f7e64.

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


class NightlyParams(dg.ConfigurableResource):
    logical_date: str | None = Field(default=None, description="in ISO 8601")


# golden: shared/json_io.py


# golden: shared/run_moment.py


def logical_date(context, params):
    return run_moment(context, params, "UTC").strftime("%Y-%m-%dT%H:%M:%SZ")


def run_day(context, params):
    return run_moment(context, params, "UTC").strftime("%Y-%m-%d")


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="nightly__say")
def say_op(context: dg.OpExecutionContext, params: NightlyParams):
    """Give back what it is told."""
    return json_io(say)(
        text=f"{logical_date(context, params)} {run_day(context, params)}"
    )


@dg.job(resource_defs={"params": NightlyParams.configure_at_launch()})
def nightly():
    say_op.alias("say")()


@dg.schedule(
    job=nightly,
    cron_schedule="0 2 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def nightly_schedule(context: dg.ScheduleEvaluationContext):
    moment = context.scheduled_execution_time
    params = NightlyParams(logical_date=moment.isoformat())
    return dg.RunRequest(run_config=dg.RunConfig(resources={"params": params}))


defs = dg.Definitions(jobs=[nightly], schedules=[nightly_schedule])
