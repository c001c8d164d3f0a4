"""The pipeline condition_fails as a Dagster job."""

# Made by pipeglot from pipeline "condition_fails", digest 8146e3063108.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    return text


def fails(text: str = "") -> str:
    raise ValueError("told to fail")


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="condition_fails__fails")
def fails_op():
    return json_io(fails)()


@dg.op(
    name="condition_fails__if_yes",
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_yes_op(fails):
    if fails == "x":
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(name="condition_fails__yes", ins={"when": dg.In(dg.Nothing)})
def yes_op():
    return json_io(say)(text="yes")


@dg.op(name="condition_fails__no", ins={"when": dg.In(dg.Nothing)})
def no_op():
    return json_io(say)(text="no")


@dg.op(name="condition_fails__beside")
def beside_op():
    return json_io(say)(text="beside")


@dg.job
def condition_fails():
    fails = fails_op.alias("fails")()
    if_yes = if_yes_op.alias("if_yes")(fails=fails)
    yes_op.alias("yes")(when=if_yes.then)
    no_op.alias("no")(when=if_yes.otherwise)
    beside_op.alias("beside")()


defs = dg.Definitions(jobs=[condition_fails])
