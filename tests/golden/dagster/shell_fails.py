"""The pipeline shell_fails as a Dagster job."""

# Made by pipeglot from pipeline "shell_fails", digest b71d3ca66d89.

import functools
import json
import os
import subprocess
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


# golden: shared/run_command.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="shell_fails__exits")
def exits_op():
    return run_command(["bash", "-c", "exit 3"], {})


@dg.op(name="shell_fails__echo")
def echo_op(value):
    return json_io(echo)(value=value)


@dg.job
def shell_fails():
    exits = exits_op.alias("exits")()
    echo_op.alias("echo")(value=exits)


defs = dg.Definitions(jobs=[shell_fails])
