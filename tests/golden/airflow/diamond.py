"""The pipeline diamond."""

# Made by pipeglot from pipeline "diamond", digest 66d067152382.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def one(n: int = 1) -> int:
    return n


def add(a: int, b: int = 10) -> int:
    return a + b


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


with DAG(dag_id="diamond", schedule=None, catchup=False) as dag:

    @task(task_id="one")
    def one_task():
        return json_io(one)()

    @task(task_id="add")
    def add_task(one_out):
        return json_io(add)(a=one_out, b=1)

    @task(task_id="right")
    def right_task(one_out):
        return json_io(add)(a=one_out, b=2)

    @task(task_id="total")
    def total_task(add_out, right, one_out):
        return json_io(total)(xs=[add_out, right, one_out])

    one_out = one_task()
    add_out = add_task(one_out)
    right = right_task(one_out)
    total_task(add_out, right, one_out)


if __name__ == "__main__":
    dag.test()
