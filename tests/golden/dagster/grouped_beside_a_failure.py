"""The pipeline grouped_beside_a_failure as a Dagster job."""

# Made by pipeglot from pipeline "grouped_beside_a_failure", digest 100c12bc679d.

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


def add(a: int, b: int = 10) -> int:
    return a + b


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="grouped_beside_a_failure__fails")
def fails_op():
    return json_io(fails)()


@dg.op(name="grouped_beside_a_failure__below")
def below_op(a):
    return json_io(add)(a=a, b=1)


@dg.op(name="grouped_beside_a_failure__one")
def one_op():
    return json_io(one)(n=1)


@dg.job
def grouped_beside_a_failure():
    fails = fails_op.alias("fails")()
    below_op.alias("below")(a=fails)
    one_op.alias("one")()


defs = dg.Definitions(jobs=[grouped_beside_a_failure])
