"""The pipeline final_after_skips as a Dagster job."""

# Made by pipeglot from pipeline "final_after_skips", digest 3d90d3b97148.

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


def notify(text: str) -> str:
    return text


class FinalAfterSkipsParams(dg.ConfigurableResource):
    go: bool = False


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
@dg.op(
    name="final_after_skips__if_number",
    out={"then": dg.Out(dg.Nothing, is_required=False)},
)
def if_number_op(params: FinalAfterSkipsParams):
    if params.go:
        yield dg.Output(None, "then")


@dg.op(name="final_after_skips__number", ins={"when": dg.In(dg.Nothing)})
def number_op():
    return json_io(number)(n=1)


@dg.op(name="final_after_skips__notify")
def notify_op(context: dg.OpExecutionContext):
    try:
        return json_io(notify)(text=f"state {run_state(context)}")
    except Exception:
        final_failed(context)
        raise


@dg.job(resource_defs={"params": FinalAfterSkipsParams.configure_at_launch()})
def final_after_skips():
    if_number = if_number_op.alias("if_number")()
    number_op.alias("number")(when=if_number)


@dg.job(resource_defs={"params": FinalAfterSkipsParams.configure_at_launch()})
def final_after_skips__final():
    notify_op.alias("notify")()


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[final_after_skips],
    request_job=final_after_skips__final,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def final_after_skips_succeeded(context: dg.RunStatusSensorContext):
    return final_request(context, final_after_skips__final, "succeeded")


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.FAILURE,
    monitored_jobs=[final_after_skips],
    request_job=final_after_skips__final,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def final_after_skips_failed(context: dg.RunStatusSensorContext):
    return final_request(context, final_after_skips__final, "failed")


defs = dg.Definitions(
    jobs=[final_after_skips, final_after_skips__final],
    sensors=[final_after_skips_succeeded, final_after_skips_failed],
)
