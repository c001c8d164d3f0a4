"""The pipeline includes."""

# Made by pipeglot from pipeline "includes", digest bc6d5d1189ad.

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


def total(xs: list[int]) -> int:
    return sum(xs)


def add(a: int, b: int = 10) -> int:
    return a + b


# golden: shared/json_io.py


with DAG(dag_id="includes", schedule=None, catchup=False) as dag:

    @task(task_id="one")
    def one_task():
        return json_io(one)(n=7)

    @task(task_id="one")
    def prepared_one_task(one_out):
        return json_io(one)(n=one_out)

    @task(task_id="add")
    def prepared_add_task(prepared_one):
        return json_io(add)(a=prepared_one, b=1)

    @task(task_id="one")
    def again_one_task():
        return json_io(one)(n=2)

    @task(task_id="add")
    def again_add_task(again_one):
        return json_io(add)(a=again_one, b=1)

    @task(task_id="total")
    def total_task(prepared_add, again_add):
        return json_io(total)(xs=[prepared_add, again_add])

    one_out = one_task()
    with TaskGroup("prepared"):
        prepared_one = prepared_one_task(one_out)
        prepared_add = prepared_add_task(prepared_one)
    with TaskGroup("again"):
        again_one = again_one_task()
        again_add = again_add_task(again_one)
    total_task(prepared_add, again_add)


if __name__ == "__main__":
    dag.test()
