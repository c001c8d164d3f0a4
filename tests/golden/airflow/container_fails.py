"""The pipeline container_fails."""

# Made by pipeglot from pipeline "container_fails", digest 9a846804236a.

import functools
import json
import os
import subprocess
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    """Give back what it is told."""
    return text


# golden: shared/json_io.py


# golden: shared/run_command.py


with DAG(dag_id="container_fails", schedule=None, catchup=False) as dag:

    @task(task_id="exits")
    def exits_task():
        return run_command(
            ["docker", "run", "--rm", "busybox:1.36", "sh", "-c", "exit 3"],
            {},
        )

    @task(task_id="say")
    def say_task(exits):
        return json_io(say)(text=exits)

    exits = exits_task()
    say_task(exits)


if __name__ == "__main__":
    dag.test()
