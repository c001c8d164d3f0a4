"""The pipeline failing_leaf_beside_succeeding_join."""

# Made by pipeglot from pipeline "failing_leaf_beside_succeeding_join", digest 6283e84e143b.

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


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


# golden: shared/json_io.py


with DAG(
    dag_id="failing_leaf_beside_succeeding_join",
    schedule=None,
    catchup=False,
) as dag:

    @task(task_id="one")
    def one_task():
        return json_io(one)()

    @task(task_id="fails")
    def fails_task(one_out):
        return json_io(fails)(n=one_out)

    @task(task_id="add")
    def add_task(one_out):
        return json_io(add)(a=one_out)

    one_out = one_task()
    fails_task(one_out)
    add_task(one_out)


if __name__ == "__main__":
    dag.test()
