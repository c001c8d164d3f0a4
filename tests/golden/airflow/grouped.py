"""The pipeline grouped."""

# Made by pipeglot from pipeline "grouped", digest 13d8fc1519dd.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, TaskGroup, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def one(n: int = 1) -> int:
    return n


def add(a: int, b: int = 10) -> int:
    return a + b


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


with DAG(dag_id="grouped", schedule=None, catchup=False) as dag:

    @task(task_id="one")
    def one_task():
        return json_io(one)()

    @task(task_id="add")
    def add_task(one_out):
        return json_io(add)(a=one_out, b=1)

    @task(task_id="deep")
    def deep_task(add_out):
        return json_io(add)(a=add_out, b=1)

    @task(task_id="total")
    def total_task(add_out, deep):
        return json_io(total)(xs=[add_out, deep])

    one_out = one_task()
    with TaskGroup("features", prefix_group_id=False):
        add_out = add_task(one_out)
        with TaskGroup("inner", prefix_group_id=False):
            deep = deep_task(add_out)
    total_task(add_out, deep)


if __name__ == "__main__":
    dag.test()
