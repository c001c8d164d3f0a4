"""The pipeline secrets_in_loops as a Dagster job."""

# Made by pipeglot from pipeline "secrets_in_loops", digest a525bfc8134e.

import functools
import hashlib
import json
import os
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def fetch(rows: int) -> str:
    return f"{rows} rows with {_digest(os.environ['CORPUS_TOKEN'])}"


# golden: shared/json_io.py


# golden: shared/final_request.py


def final_failed(context):
    """A run whose final call failed has failed, and is not to be retried by run_retries."""
    run = context.instance.get_run_by_id(context.run.tags.get("pipeline/main_run", ""))
    if run and run.is_success:
        context.instance.add_run_tags(run.run_id, {"dagster/max_retries": "0"})
        context.instance.report_run_failed(run, f"final run {context.run_id} failed")


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="secrets_in_loops__each_n", out=dg.DynamicOut())
def each_n_op():
    for index, item in enumerate([1, 2]):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(
    name="secrets_in_loops__fetch",
    tags={
        "dagster-k8s/config": {
            "container_config": {
                "env": [
                    {
                        "name": "CORPUS_TOKEN",
                        "value_from": {
                            "secret_key_ref": {"name": "corpus", "key": "token"},
                        },
                    },
                ],
            },
        },
    },
)
def fetch_op(rows):
    return json_io(fetch)(rows=rows)


@dg.op(
    name="secrets_in_loops__audit",
    tags={
        "dagster-k8s/config": {
            "container_config": {
                "env": [
                    {
                        "name": "CORPUS_TOKEN",
                        "value_from": {
                            "secret_key_ref": {"name": "corpus", "key": "token"},
                        },
                    },
                ],
            },
        },
    },
)
def audit_op(context: dg.OpExecutionContext):
    try:
        return json_io(fetch)(rows=0)
    except Exception:
        final_failed(context)
        raise


@dg.job
def secrets_in_loops():
    each_n = each_n_op.alias("each_n")()
    each_n.map(lambda n: fetch_op.alias("fetch")(rows=n))


@dg.job
def secrets_in_loops__final():
    audit_op.alias("audit")()


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[secrets_in_loops],
    request_job=secrets_in_loops__final,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def secrets_in_loops_succeeded(context: dg.RunStatusSensorContext):
    return final_request(context, secrets_in_loops__final, "succeeded")


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.FAILURE,
    monitored_jobs=[secrets_in_loops],
    request_job=secrets_in_loops__final,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def secrets_in_loops_failed(context: dg.RunStatusSensorContext):
    return final_request(context, secrets_in_loops__final, "failed")


defs = dg.Definitions(
    jobs=[secrets_in_loops, secrets_in_loops__final],
    sensors=[secrets_in_loops_succeeded, secrets_in_loops_failed],
)
