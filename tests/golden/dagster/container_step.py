"""The pipeline container_step as a Dagster job."""

# Made by pipeglot from pipeline "container_step", digest 8b36fefe2f12.

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


class ContainerStepParams(dg.ConfigurableResource):
    name: str = 'o\'brien $HOME "q"'


# golden: shared/json_io.py


# golden: shared/run_command.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="container_step__hello")
def hello_op(params: ContainerStepParams):
    return run_command(
        [
            "docker",
            "run",
            "--rm",
            "-e",
            "name",
            "busybox:1.36",
            "sh",
            "-c",
            'echo "hello, $name"',
        ],
        {"name": params.name},
    )


@dg.op(name="container_step__say")
def say_op(text):
    """Give back what it is told."""
    return json_io(say)(text=text)


@dg.job(resource_defs={"params": ContainerStepParams.configure_at_launch()})
def container_step():
    hello = hello_op.alias("hello")()
    say_op.alias("say")(text=hello)


defs = dg.Definitions(jobs=[container_step])
