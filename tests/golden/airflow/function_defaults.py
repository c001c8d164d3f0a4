"""The pipeline function_defaults."""

# Made by pipeglot from pipeline "function_defaults", digest 449323c302bf.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def defaults(a: int, b: int = 2, *, c: str = "c") -> str:
    return f"{a}{b}{c}"


# golden: shared/json_io.py


with DAG(dag_id="function_defaults", schedule=None, catchup=False) as dag:

    @task(task_id="defaults")
    def defaults_task():
        return json_io(defaults)(a=1)

    @task(task_id="given")
    def given_task():
        return json_io(defaults)(a=1, b=3)

    @task(task_id="named")
    def named_task():
        return json_io(defaults)(a=1, c="z")

    defaults_task()
    given_task()
    named_task()


if __name__ == "__main__":
    dag.test()
