"""The pipeline container_fails as a Prefect flow."""

# Made by pipeglot from pipeline "container_fails", digest 9a846804236a.

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


def say(text: str) -> str:
    """Give back what it is told."""
    return text


# golden: shared/json_io.py


# golden: shared/run_command.py


# golden: shared/unfinished.py


say_task = task(json_io(say), name="say")


@task(name="exits")
def exits_task():
    return run_command(
        ["docker", "run", "--rm", "busybox:1.36", "sh", "-c", "exit 3"],
        {},
    )


@flow(name="container_fails")
def container_fails():
    exits = exits_task.submit()
    say = say_task.submit(exits)
    runs = [exits, say]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return say.result()


if __name__ == "__main__":
    container_fails()
