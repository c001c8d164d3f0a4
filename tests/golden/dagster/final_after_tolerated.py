"""The pipeline final_after_tolerated as a Dagster job."""

# Made by pipeglot from pipeline "final_after_tolerated", digest 784276a4f878.

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


def notify(text: str) -> str:
    return text


# golden: shared/json_io.py


def tolerated(context, error, default):
    """Go on with the default; the log and the output tell of the failure."""
    context.log.error(f"failed, and may do so: {error!r}")
    told = {"tolerated": type(error).__name__, "message": str(error)}
    context.add_output_metadata(told)
    return default


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
@dg.op(name="final_after_tolerated__fails")
def fails_op(context: dg.OpExecutionContext):
    try:
        return json_io(fails)()
    except Exception as error:
        return tolerated(context, error, 0)


@dg.op(name="final_after_tolerated__notify")
def notify_op(context: dg.OpExecutionContext):
    try:
        return json_io(notify)(text=f"state {run_state(context)}")
    except Exception:
        final_failed(context)
        raise


@dg.job
def final_after_tolerated():
    fails_op.alias("fails")()


@dg.job
def final_after_tolerated__final():
    notify_op.alias("notify")()


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[final_after_tolerated],
    request_job=final_after_tolerated__final,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def final_after_tolerated_succeeded(context: dg.RunStatusSensorContext):
    return final_request(context, final_after_tolerated__final, "succeeded")


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.FAILURE,
    monitored_jobs=[final_after_tolerated],
    request_job=final_after_tolerated__final,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def final_after_tolerated_failed(context: dg.RunStatusSensorContext):
    return final_request(context, final_after_tolerated__final, "failed")


defs = dg.Definitions(
    jobs=[final_after_tolerated, final_after_tolerated__final],
    sensors=[final_after_tolerated_succeeded, final_after_tolerated_failed],
)
