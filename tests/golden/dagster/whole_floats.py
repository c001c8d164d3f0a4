"""The pipeline whole_floats as a Dagster job."""

# Made by pipeglot from pipeline "whole_floats", digest aa2d9ca027fd.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def echo(value: Any) -> Any:
    return value


def number(n: float) -> float:
    return n


def known(n: float, text: str) -> str:
    return f"{n} {text}"


class WholeFloatsParams(dg.ConfigurableResource):
    n: float = 2.0


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="whole_floats__number")
def number_op(params: WholeFloatsParams):
    return json_io(number)(n=params.n)


@dg.op(name="whole_floats__known")
def known_op(n):
    return json_io(known)(n=n, text=f"{n}")


@dg.op(name="whole_floats__large")
def large_op():
    return json_io(number)(n=1e17)


@dg.op(name="whole_floats__inside")
def inside_op(number, large):
    return json_io(echo)(value=[number, large, {"a": number}])


@dg.job(resource_defs={"params": WholeFloatsParams.configure_at_launch()})
def whole_floats():
    number = number_op.alias("number")()
    known_op.alias("known")(n=number)
    large = large_op.alias("large")()
    inside_op.alias("inside")(number=number, large=large)


defs = dg.Definitions(jobs=[whole_floats])
