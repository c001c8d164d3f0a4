"""The pipeline after_a_failure_is_blocked as a Dagster job."""

# Made by pipeglot from pipeline "after_a_failure_is_blocked", digest f887e510f963.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def one(n: int = 1) -> int:
    return n


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="after_a_failure_is_blocked__fails")
def fails_op():
    return json_io(fails)()


@dg.op(name="after_a_failure_is_blocked__one", ins={"after_fails": dg.In(dg.Nothing)})
def one_op():
    return json_io(one)()


@dg.job
def after_a_failure_is_blocked():
    fails = fails_op.alias("fails")()
    one_op.alias("one")(after_fails=fails)


defs = dg.Definitions(jobs=[after_a_failure_is_blocked])
