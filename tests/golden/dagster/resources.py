"""The pipeline resources as a Dagster job."""

# Made by pipeglot from pipeline "resources", digest a215475e42f7.

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


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(
    name="resources__number",
    tags={
        "dagster-k8s/config": {
            "container_config": {
                "resources": {
                    "requests": {"cpu": "500m", "memory": "512Mi"},
                    "limits": {"memory": "512Mi"},
                },
            },
        },
    },
)
def number_op():
    return json_io(number)(n=1)


@dg.op(
    name="resources__b",
    tags={
        "dagster-k8s/config": {
            "container_config": {
                "resources": {
                    "requests": {"cpu": "2", "memory": "4Gi"},
                    "limits": {"memory": "4Gi", "nvidia.com/gpu": "1"},
                },
            },
            "pod_spec_config": {"node_selector": {"cloud.example.com/pool": "gpu"}},
        },
    },
)
def b_op(n):
    return json_io(number)(n=n)


@dg.op(name="resources__c")
def c_op(n):
    return json_io(number)(n=n)


@dg.job
def resources():
    number = number_op.alias("number")()
    b = b_op.alias("b")(n=number)
    c_op.alias("c")(n=b)


defs = dg.Definitions(jobs=[resources])
