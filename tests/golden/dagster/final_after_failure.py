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


def json_io(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let `fn` take and give plain JSON, built and checked by its annotations."""

    def exact(digits: str) -> int:
        if abs(int(digits)) > 2**53:
            raise ValueError(f"{digits} is beyond the 2**53 that JSON readers keep")
        return int(digits)

    @functools.wraps(fn)
    def call(**given: Any) -> Any:
        try:
            hints = typing.get_type_hints(fn, include_extras=True)
            types = {name: TypeAdapter(hint) for name, hint in hints.items()}
            built = {}
            for name, value in given.items():
                adapter = types.get(name, TypeAdapter(Any))
                built[name] = adapter.validate_json(json.dumps(value), strict=True)
            adapter = types.get("return", TypeAdapter(Any))
            result = adapter.validate_python(fn(**built), strict=True)
            plain = to_jsonable_python(result, inf_nan_mode="constants")
            text = json.dumps(plain, allow_nan=False, ensure_ascii=False)
            return json.loads(text.encode(), parse_int=exact)
        except Exception as error:
            try:
                f"{error}{traceback.format_exc()}".encode()
            except Exception:  # no engine could keep that
                told = ", ".join(map(ascii, error.args))
                raise type(type(error).__name__, (Exception,), {})(told) from None
            raise

    return call


def final_request(context, job, state):
    """What asks for the final run, once for every run."""
    run = context.dagster_run
    asked = dg.RunsFilter(job_name=job.name, tags={"pipeline/main_run": run.run_id})
    if context.instance.get_runs_count(asked):
        return dg.SkipReason("the final run was asked for before")
    config = {k: v for k, v in run.run_config.items() if k in ("loggers", "resources")}
    tags = {"pipeline/main_run": run.run_id, "pipeline/state": state}
    tags["dagster/max_retries"] = "0"  # its call has attempts of its own
    return dg.RunRequest(run_key=run.run_id, run_config=config, tags=tags)


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
