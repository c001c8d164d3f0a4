"""The pipeline independent_roots as a Dagster job."""

# Made by pipeglot from pipeline "independent_roots", digest a65036dd6d38.

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
@dg.op(name="independent_roots__r1")
def r1_op():
    return json_io(one)()


@dg.op(name="independent_roots__r2")
def r2_op():
    return json_io(fails)()


@dg.op(name="independent_roots__r3")
def r3_op():
    return json_io(one)()


@dg.job
def independent_roots():
    r1_op.alias("r1")()
    r2_op.alias("r2")()
    r3_op.alias("r3")()


defs = dg.Definitions(jobs=[independent_roots])
