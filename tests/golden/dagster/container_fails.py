"""The pipeline container_fails as a Dagster job."""

# Made by pipeglot from pipeline "container_fails", digest 9a846804236a.

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


def say(text: str) -> str:
    """Give back what it is told."""
    return text


# golden: shared/json_io.py


# golden: shared/run_command.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="container_fails__exits")
def exits_op():
    return run_command(
        ["docker", "run", "--rm", "busybox:1.36", "sh", "-c", "exit 3"], {}
    )


@dg.op(name="container_fails__say")
def say_op(text):
    """Give back what it is told."""
    return json_io(say)(text=text)


@dg.job
def container_fails():
    exits = exits_op.alias("exits")()
    say_op.alias("say")(text=exits)


defs = dg.Definitions(jobs=[container_fails])
