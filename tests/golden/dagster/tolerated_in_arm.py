"""The pipeline tolerated_in_arm as a Dagster job."""

# Made by pipeglot from pipeline "tolerated_in_arm", digest b148943c4f2a.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


def number(n: int) -> int:
    return n


def show(value: int | None) -> str:
    return f"got {value}"


class ToleratedInArmParams(dg.ConfigurableResource):
    go: bool = True


# golden: shared/json_io.py


def tolerated(context, error, default):
    """Go on with the default; the log and the output tell of the failure."""
    context.log.error(f"failed, and may do so: {error!r}")
    told = {"tolerated": type(error).__name__, "message": str(error)}
    context.add_output_metadata(told)
    return default


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(
    name="tolerated_in_arm__if_fails",
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_fails_op(params: ToleratedInArmParams):
    if params.go:
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(name="tolerated_in_arm__fails", ins={"when": dg.In(dg.Nothing)})
def fails_op(context: dg.OpExecutionContext):
    try:
        return json_io(fails)()
    except Exception as error:
        return tolerated(context, error, 5)


@dg.op(name="tolerated_in_arm__number", ins={"when": dg.In(dg.Nothing)})
def number_op():
    return json_io(number)(n=2)


@dg.op(name="tolerated_in_arm__fails_merged")
def fails_merged_op(values: list):
    return values[0]


@dg.op(name="tolerated_in_arm__show")
def show_op(value):
    return json_io(show)(value=value)


@dg.job(resource_defs={"params": ToleratedInArmParams.configure_at_launch()})
def tolerated_in_arm():
    if_fails = if_fails_op.alias("if_fails")()
    fails = fails_op.alias("fails")(when=if_fails.then)
    number = number_op.alias("number")(when=if_fails.otherwise)
    fails_merged = fails_merged_op.alias("fails_merged")(values=[fails, number])
    show_op.alias("show")(value=fails_merged)


defs = dg.Definitions(jobs=[tolerated_in_arm])
