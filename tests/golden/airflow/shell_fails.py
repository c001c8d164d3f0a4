"""The pipeline shell_fails."""

# Made by pipeglot from pipeline "shell_fails", digest b71d3ca66d89.

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


def echo(value: Any) -> Any:
    return value


# golden: shared/json_io.py


# golden: shared/run_command.py


# golden: shared/kept.py


with DAG(dag_id="shell_fails", schedule=None, catchup=False) as dag:

    @task(task_id="exits")
    def exits_task():
        return run_command(["bash", "-c", "exit 3"], {})

    @task(task_id="echo")
    def echo_task(exits):
        return kept(json_io(echo)(value=exits))

    exits = exits_task()
    echo_task(exits)


if __name__ == "__main__":
    dag.test()
