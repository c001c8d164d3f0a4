"""The pipeline chain."""

# Made by pipeglot from pipeline "chain", digest f99d95fd59ee.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def one(n: int = 1) -> int:
    return n


def add(a: int, b: int = 10) -> int:
    return a + b


# golden: shared/json_io.py


with DAG(
    dag_id="chain",
    schedule=None,
    catchup=False,
    params={"start": Param(1, type="integer")},
) as dag:

    @task(task_id="one")
    def one_task(params=None):
        return json_io(one)(n=params["start"])

    @task(task_id="add")
    def add_task(one_out):
        return json_io(add)(a=one_out, b=2)

    @task(task_id="last")
    def last_task(add_out):
        return json_io(add)(a=add_out)

    one_out = one_task()
    add_out = add_task(one_out)
    last_task(add_out)


if __name__ == "__main__":
    dag.test()
