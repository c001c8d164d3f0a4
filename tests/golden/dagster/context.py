"""The pipeline context as a Dagster job."""

# Made by pipeglot from pipeline "context", digest 770a64bf9397.

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


def notify(text: str) -> str:
    return text


class ContextParams(dg.ConfigurableResource):
    logical_date: str | None = Field(default=None, description="in ISO 8601")


# golden: shared/json_io.py


# golden: shared/run_moment.py


def logical_date(context, params):
    return run_moment(context, params, "UTC").strftime("%Y-%m-%dT%H:%M:%SZ")


def run_day(context, params):
    return run_moment(context, params, "UTC").strftime("%Y-%m-%d")


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="context_job__at")
def at_op(context: dg.OpExecutionContext, params: ContextParams):
    return json_io(notify)(
        text=f"{logical_date(context, params)} {run_day(context, params)}"
    )


@dg.job(
    name="context_job",
    resource_defs={"params": ContextParams.configure_at_launch()},
    metadata={"pipeline": "context"},
)
def context_2():
    at_op.alias("at")()


defs = dg.Definitions(jobs=[context_2])
