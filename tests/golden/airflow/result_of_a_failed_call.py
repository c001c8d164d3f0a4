"""The pipeline result_of_a_failed_call."""

# Made by pipeglot from pipeline "result_of_a_failed_call", digest ac3f053d505a.

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


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


# golden: shared/json_io.py


with DAG(dag_id="result_of_a_failed_call", schedule=None, catchup=False) as dag:

    @task(task_id="one")
    def one_task():
        return json_io(one)()

    @task(task_id="fails")
    def fails_task():
        return json_io(fails)()

    one_task()
    fails_task()


if __name__ == "__main__":
    dag.test()
