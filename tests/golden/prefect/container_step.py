"""The pipeline container_step as a Prefect flow."""

# Made by pipeglot from pipeline "container_step", digest 8b36fefe2f12.

import functools
import json
import os
import subprocess
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import StrictStr, TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    """Give back what it is told."""
    return text


# golden: shared/json_io.py


# golden: shared/run_command.py


# golden: shared/unfinished.py


say_task = task(json_io(say), name="say")


@task(name="hello")
def hello_task(name):
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
        {"name": name},
    )


@flow(name="container_step")
def container_step(name: StrictStr = 'o\'brien $HOME "q"'):
    hello = hello_task.submit(name)
    say = say_task.submit(hello)
    runs = [hello, say]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return say.result()


if __name__ == "__main__":
    container_step()
