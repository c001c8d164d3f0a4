"""The pipeline shell_steps as a Prefect flow."""

# Made by pipeglot from pipeline "shell_steps", digest a23c7bcfd824.

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


def str_echo(value: str) -> str:
    return value


# golden: shared/json_io.py


# golden: shared/run_command.py


# golden: shared/unfinished.py


after_task = task(json_io(str_echo), name="after")


@task(name="greet")
def greet_task(name):
    return run_command(
        ["bash", "-c", 'echo "first"; echo "$greeting, $name"; printf "%s" "$data"'],
        {"greeting": "{{ ds }}", "name": name, "data": {"a": [1, None]}},
    )


@flow(name="shell_steps")
def shell_steps(name: StrictStr = 'o\'brien $HOME "q"'):
    greet = greet_task.submit(name)
    after = after_task.submit(greet)
    runs = [greet, after]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return after.result()


if __name__ == "__main__":
    shell_steps()
