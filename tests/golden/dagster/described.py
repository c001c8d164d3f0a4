"""Doubles what it is given."""

# Made by pipeglot from pipeline "described", digest fc14fcc858be.

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


class DescribedParams(dg.ConfigurableResource):
    n: int = 2


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="described__double")
def double_op(params: DescribedParams):
    return json_io(double)(n=params.n)


@dg.job(
    resource_defs={"params": DescribedParams.configure_at_launch()},
    description="Doubles what it is given.",
    tags={"daily": "", "credit": ""},
    metadata={"owner": "data-team"},
)
def described():
    double_op.alias("double")()


defs = dg.Definitions(jobs=[described])
