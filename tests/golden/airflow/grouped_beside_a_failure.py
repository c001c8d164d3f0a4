"""The pipeline grouped_beside_a_failure."""

# Made by pipeglot from pipeline "grouped_beside_a_failure", digest 100c12bc679d.

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


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


# golden: shared/json_io.py


with DAG(dag_id="grouped_beside_a_failure", schedule=None, catchup=False) as dag:

    @task(task_id="fails")
    def fails_task():
        return json_io(fails)()

    @task(task_id="below")
    def below_task(fails_out):
        return json_io(add)(a=fails_out, b=1)

    @task(task_id="one")
    def one_task():
        return json_io(one)(n=1)

    with TaskGroup("left", prefix_group_id=False):
        fails_out = fails_task()
        below_task(fails_out)
    with TaskGroup(
        "right",
        prefix_group_id=False,
        tooltip="not touched by what fails beside it",
    ):
        one_task()


if __name__ == "__main__":
    dag.test()
