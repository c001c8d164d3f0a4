"""The pipeline function_defaults as a Dagster job."""

# Made by pipeglot from pipeline "function_defaults", digest 449323c302bf.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def defaults(a: int, b: int = 2, *, c: str = "c") -> str:
    return f"{a}{b}{c}"


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="function_defaults__defaults")
def defaults_op():
    return json_io(defaults)(a=1)


@dg.op(name="function_defaults__given")
def given_op():
    return json_io(defaults)(a=1, b=3)


@dg.op(name="function_defaults__named")
def named_op():
    return json_io(defaults)(a=1, c="z")


@dg.job
def function_defaults():
    defaults_op.alias("defaults")()
    given_op.alias("given")()
    named_op.alias("named")()


defs = dg.Definitions(jobs=[function_defaults])
