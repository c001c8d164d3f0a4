"""The pipeline failure_blocks_below_not_beside."""

# Made by pipeglot from pipeline "failure_blocks_below_not_beside", digest f8b7178e3ef8.

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


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


# golden: shared/json_io.py


with DAG(dag_id="failure_blocks_below_not_beside", schedule=None, catchup=False) as dag:

    @task(task_id="fails")
    def fails_task():
        return json_io(fails)()

    @task(task_id="add")
    def add_task(fails_out):
        return json_io(add)(a=fails_out)

    @task(task_id="total")
    def total_task(add_out):
        return json_io(total)(xs=[add_out])

    @task(task_id="one")
    def one_task():
        return json_io(one)(n=5)

    @task(task_id="beside_too")
    def beside_too_task(one_out):
        return json_io(add)(a=one_out)

    fails_out = fails_task()
    add_out = add_task(fails_out)
    total_task(add_out)
    one_out = one_task()
    beside_too_task(one_out)


if __name__ == "__main__":
    dag.test()
