"""The pipeline after_orders_without_value."""

# Made by pipeglot from pipeline "after_orders_without_value", digest a4bb113a80ea.

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


def nothing() -> None:
    return None


# golden: shared/json_io.py


with DAG(dag_id="after_orders_without_value", schedule=None, catchup=False) as dag:

    @task(task_id="nothing")
    def nothing_task():
        return json_io(nothing)()

    @task(task_id="one")
    def one_task():
        return json_io(one)()

    @task(task_id="add")
    def add_task():
        return json_io(add)(a=3)

    nothing_out = nothing_task()
    one_out = one_task()
    add_out = add_task()
    nothing_out >> one_out
    one_out >> add_out


if __name__ == "__main__":
    dag.test()
