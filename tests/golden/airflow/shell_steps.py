"""The pipeline shell_steps."""

# Made by pipeglot from pipeline "shell_steps", digest a23c7bcfd824.

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


def str_echo(value: str) -> str:
    return value


# golden: shared/json_io.py


# golden: shared/run_command.py


with DAG(
    dag_id="shell_steps",
    schedule=None,
    catchup=False,
    params={"name": Param('o\'brien $HOME "q"', type="string")},
) as dag:

    @task(task_id="greet")
    def greet_task(params=None):
        return run_command(
            [
                "bash",
                "-c",
                'echo "first"; echo "$greeting, $name"; printf "%s" "$data"',
            ],
            {"greeting": "{{ ds }}", "name": params["name"], "data": {"a": [1, None]}},
        )

    @task(task_id="after")
    def after_task(greet):
        return json_io(str_echo)(value=greet)

    greet = greet_task()
    after_task(greet)


if __name__ == "__main__":
    dag.test()
