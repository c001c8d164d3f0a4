"""The pipeline final_after_failure as a Dagster job."""

# Made by pipeglot from pipeline "final_after_failure", digest b50be99f81c9.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


def number(n: int) -> int:
    return n


def notify(text: str) -> str:
    return text


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
@dg.op(name="final_after_failure__fails")
def fails_op():
    return json_io(fails)()


@dg.op(name="final_after_failure__number")
def number_op(n):
    return json_io(number)(n=n)


@dg.op(name="final_after_failure__notify")
def notify_op(context: dg.OpExecutionContext):
    try:
        return json_io(notify)(text=f"state {run_state(context)}")
    except Exception:
        final_failed(context)
        raise


@dg.job
def final_after_failure():
    fails = fails_op.alias("fails")()
    number_op.alias("number")(n=fails)


@dg.job
def final_after_failure__final():
    notify_op.alias("notify")()


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[final_after_failure],
    request_job=final_after_failure__final,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def final_after_failure_succeeded(context: dg.RunStatusSensorContext):
    return final_request(context, final_after_failure__final, "succeeded")


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.FAILURE,
    monitored_jobs=[final_after_failure],
    request_job=final_after_failure__final,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def final_after_failure_failed(context: dg.RunStatusSensorContext):
    return final_request(context, final_after_failure__final, "failed")


defs = dg.Definitions(
    jobs=[final_after_failure, final_after_failure__final],
    sensors=[final_after_failure_succeeded, final_after_failure_failed],
)
