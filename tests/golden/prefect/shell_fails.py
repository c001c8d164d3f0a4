"""The pipeline shell_fails as a Prefect flow."""

# Made by pipeglot from pipeline "shell_fails", digest b71d3ca66d89.

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
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def echo(value: Any) -> Any:
    return value


# golden: shared/json_io.py


# golden: shared/run_command.py


# golden: shared/unfinished.py


echo_task = task(json_io(echo), name="echo")


@task(name="exits")
def exits_task():
    return run_command(["bash", "-c", "exit 3"], {})


@flow(name="shell_fails")
def shell_fails():
    exits = exits_task.submit()
    echo = echo_task.submit(exits)
    runs = [exits, echo]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    shell_fails()
