"""The pipeline blocked_include."""

# Made by pipeglot from pipeline "blocked_include", digest d864ce364697.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, TaskGroup, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def add(a: int, b: int = 10) -> int:
    return a + b


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


def one(n: int = 1) -> int:
    return n


# golden: shared/json_io.py


with DAG(dag_id="blocked_include", schedule=None, catchup=False) as dag:

    @task(task_id="fails")
    def fails_task():
        return json_io(fails)()

    @task(task_id="one")
    def prepared_one_task(fails_out):
        return json_io(one)(n=fails_out)

    @task(task_id="add")
    def prepared_add_task(prepared_one):
        return json_io(add)(a=prepared_one, b=1)

    @task(task_id="add")
    def add_task(prepared_add):
        return json_io(add)(a=prepared_add, b=1)

    fails_out = fails_task()
    with TaskGroup("prepared"):
        prepared_one = prepared_one_task(fails_out)
        prepared_add = prepared_add_task(prepared_one)
    add_task(prepared_add)


if __name__ == "__main__":
    dag.test()
