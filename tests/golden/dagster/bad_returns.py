"""The pipeline bad_returns as a Dagster job."""

# Made by pipeglot from pipeline "bad_returns", digest d2e7a854f4b4.

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


def not_a_number() -> float:
    return float("nan")


def wrong_type() -> int:
    return "three"  # type: ignore[return-value]


def too_large() -> int:
    return 2**60


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="bad_returns__not_a_number")
def not_a_number_op():
    return json_io(not_a_number)()


@dg.op(name="bad_returns__wrong_type")
def wrong_type_op():
    return json_io(wrong_type)()


@dg.op(name="bad_returns__too_large", retry_policy=dg.RetryPolicy(max_retries=1))
def too_large_op():
    return json_io(too_large)()


@dg.op(name="bad_returns__number")
def number_op():
    return json_io(number)(n=1)


@dg.job
def bad_returns():
    not_a_number_op.alias("not_a_number")()
    wrong_type_op.alias("wrong_type")()
    too_large_op.alias("too_large")()
    number_op.alias("number")()


defs = dg.Definitions(jobs=[bad_returns])
