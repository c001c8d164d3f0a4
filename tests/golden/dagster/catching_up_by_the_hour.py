"""The pipeline catching_up_by_the_hour as a Dagster job."""

# Made by pipeglot from pipeline "catching_up_by_the_hour", digest c9bf137dd87e.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(n: int) -> int:
    return 2 * n


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="catching_up_by_the_hour__double")
def double_op():
    return json_io(double)(n=1)


@dg.job
def catching_up_by_the_hour():
    double_op.alias("double")()


catching_up_by_the_hour_ticks = dg.TimeWindowPartitionsDefinition(
    cron_schedule="0 * * * *",
    timezone="UTC",
    start=datetime(2026, 2, 28, 12, 0, 0),
    fmt="%Y-%m-%dT%H:%M:%S%z",
    end_offset=1,
)


@dg.sensor(
    job=catching_up_by_the_hour,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def catching_up_by_the_hour_catch_up(context: dg.SensorEvaluationContext):
    """A run for every tick, missed ones too; the cursor is the last tick."""
    second = timedelta(seconds=1)
    start = catching_up_by_the_hour_ticks.start.astimezone(timezone.utc)
    moment = start - second
    if context.cursor and (last := datetime.fromisoformat(context.cursor)) > moment:
        moment = last
    for _ in range(100):
        window = catching_up_by_the_hour_ticks.get_next_partition_window(
            moment + second
        )
        if window is None:
            return
        moment = window.start.astimezone(timezone.utc)
        context.update_cursor(moment.isoformat())
        yield dg.RunRequest(run_key=moment.isoformat())


defs = dg.Definitions(
    jobs=[catching_up_by_the_hour], sensors=[catching_up_by_the_hour_catch_up]
)
