"""The pipeline container_step."""

# Made by pipeglot from pipeline "container_step", digest 8b36fefe2f12.

import functools
import json
import os
import subprocess
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    """Give back what it is told."""
    return text


# golden: shared/json_io.py


# golden: shared/run_command.py


with DAG(
    dag_id="container_step",
    schedule=None,
    catchup=False,
    params={"name": Param('o\'brien $HOME "q"', type="string")},
) as dag:

    @task(task_id="hello")
    def hello_task(params=None):
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
            {"name": params["name"]},
        )

    @task(task_id="say")
    def say_task(hello):
        return json_io(say)(text=hello)

    hello = hello_task()
    say_task(hello)


if __name__ == "__main__":
    dag.test()
