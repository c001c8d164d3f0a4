"""The pipeline everything_json as a Dagster job."""

# Made by pipeglot from pipeline "everything_json", digest 4468731bce40.

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


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="everything_json__echo")
def echo_op():
    return json_io(echo)(
        value=[
            0,
            -1,
            9007199254740992,
            -9007199254740992,
            0.1,
            1e300,
            5e-324,
            True,
            False,
            None,
            "",
            [],
            {},
            [[[]]],
            {"": {"": 0}},
        ],
    )


@dg.op(name="everything_json__again")
def again_op(value):
    return json_io(echo)(value=value)


@dg.job
def everything_json():
    echo = echo_op.alias("echo")()
    again_op.alias("again")(value=echo)


defs = dg.Definitions(jobs=[everything_json])
