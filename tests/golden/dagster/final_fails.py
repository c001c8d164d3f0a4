"""The pipeline final_fails as a Dagster job."""

# Made by pipeglot from pipeline "final_fails", digest 0851560526b0.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def number(n: int) -> int:
    return n


def notify_fails(text: str) -> str:
    raise ValueError("no mail today")


# golden: shared/json_io.py


# golden: shared/final_request.py


def run_state(context):
    if state := context.run.tags.get("pipeline/state"):
        return state
    raise dg.Failure("no run to tell the state of: the sensors ask for final runs")


def final_failed(context):
    """A run whose final call failed has failed, and is not to be retried by run_retries."""
    run = context.instance.get_run_by_id(context.run.tags.get("pipeline/main_run", ""))
    if run and run.is_success:
        context.instance.add_run_tags(run.run_id, {"dagster/max_retries": "0"})
        context.instance.report_run_failed(run, f"final run {context.run_id} failed")


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="final_fails__number")
def number_op():
    return json_io(number)(n=1)


@dg.op(name="final_fails__notify_fails")
def notify_fails_op(context: dg.OpExecutionContext):
    try:
        return json_io(notify_fails)(text=run_state(context))
    except Exception:
        final_failed(context)
        raise


@dg.job
def final_fails():
    number_op.alias("number")()


@dg.job
def final_fails__final():
    notify_fails_op.alias("notify_fails")()


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[final_fails],
    request_job=final_fails__final,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def final_fails_succeeded(context: dg.RunStatusSensorContext):
    return final_request(context, final_fails__final, "succeeded")


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.FAILURE,
    monitored_jobs=[final_fails],
    request_job=final_fails__final,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def final_fails_failed(context: dg.RunStatusSensorContext):
    return final_request(context, final_fails__final, "failed")


defs = dg.Definitions(
    jobs=[final_fails, final_fails__final],
    sensors=[final_fails_succeeded, final_fails_failed],
)
