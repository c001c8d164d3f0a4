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


def flaky(key: str, failures: int) -> int:
    """Fails its first attempts, counted in a folder that outlives them."""
    counter = Path(os.environ["PIPEGLOT_TEST_STATE"], key)
    count = int(counter.read_text()) if counter.exists() else 0
    counter.write_text(str(count + 1))
    if count < failures:
        raise RuntimeError(f"attempt {count + 1}")
    return count


def number(n: int) -> int:
    return n


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
