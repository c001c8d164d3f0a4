"""The pipeline shell_steps as a Dagster job."""

# Made by pipeglot from pipeline "shell_steps", digest a23c7bcfd824.

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


def str_echo(value: str) -> str:
    return value


class ShellStepsParams(dg.ConfigurableResource):
    name: str = 'o\'brien $HOME "q"'


# golden: shared/json_io.py


# golden: shared/run_command.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="shell_steps__greet")
def greet_op(params: ShellStepsParams):
    return run_command(
        ["bash", "-c", 'echo "first"; echo "$greeting, $name"; printf "%s" "$data"'],
        {"greeting": "{{ ds }}", "name": params.name, "data": {"a": [1, None]}},
    )


@dg.op(name="shell_steps__after")
def after_op(value):
    return json_io(str_echo)(value=value)


@dg.job(resource_defs={"params": ShellStepsParams.configure_at_launch()})
def shell_steps():
    greet = greet_op.alias("greet")()
    after_op.alias("after")(value=greet)


defs = dg.Definitions(jobs=[shell_steps])
