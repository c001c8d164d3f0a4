"""The pipeline placed as a Dagster job."""

# Made by pipeglot from pipeline "placed", digest 81cae4df4122.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(n: int) -> int:
    return 2 * n


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(
    name="placed__double",
    tags={
        "dagster-k8s/config": {
            "container_config": {
                "resources": {
                    "requests": {"cpu": "100m", "memory": "64Mi"},
                    "limits": {"memory": "64Mi"},
                },
            },
        },
    },
)
def double_op():
    return json_io(double)(n=1)


@dg.op(
    name="placed__large",
    tags={
        "dagster-k8s/config": {
            "container_config": {"resources": {"limits": {"amd.com/gpu": "2"}}},
        },
    },
)
def large_op(n):
    return json_io(double)(n=n)


@dg.job
def placed():
    double = double_op.alias("double")()
    large_op.alias("large")(n=double)


defs = dg.Definitions(jobs=[placed])
