"""The pipeline final_with_retries as a Dagster job."""

# Made by pipeglot from pipeline "final_with_retries", digest fd8bf4f06c24.

import functools
import json
import os
import traceback
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


# golden: shared/flaky.py


def number(n: int) -> int:
    return n


# golden: shared/json_io.py


# golden: shared/final_request.py


def final_failed(context):
    """A run whose final call failed has failed, and is not to be retried by run_retries."""
    run = context.instance.get_run_by_id(context.run.tags.get("pipeline/main_run", ""))
    if run and run.is_success:
        context.instance.add_run_tags(run.run_id, {"dagster/max_retries": "0"})
        context.instance.report_run_failed(run, f"final run {context.run_id} failed")


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="final_with_retries__number")
def number_op():
    return json_io(number)(n=1)


@dg.op(name="final_with_retries__flaky", retry_policy=dg.RetryPolicy(max_retries=2))
def flaky_op(context: dg.OpExecutionContext):
    """Fails its first attempts, counted in a folder that outlives them."""
    try:
        return json_io(flaky)(key="e", failures=1)
    except Exception:
        if context.retry_number == 2:
            final_failed(context)
        raise


@dg.job
def final_with_retries():
    number_op.alias("number")()


@dg.job
def final_with_retries__final():
    flaky_op.alias("flaky")()


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[final_with_retries],
    request_job=final_with_retries__final,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def final_with_retries_succeeded(context: dg.RunStatusSensorContext):
    return final_request(context, final_with_retries__final, "succeeded")


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.FAILURE,
    monitored_jobs=[final_with_retries],
    request_job=final_with_retries__final,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def final_with_retries_failed(context: dg.RunStatusSensorContext):
    return final_request(context, final_with_retries__final, "failed")


defs = dg.Definitions(
    jobs=[final_with_retries, final_with_retries__final],
    sensors=[final_with_retries_succeeded, final_with_retries_failed],
)
