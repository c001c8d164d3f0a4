"""The pipeline after_a_failure_is_blocked."""

# Made by pipeglot from pipeline "after_a_failure_is_blocked", digest f887e510f963.

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


with DAG(dag_id="after_a_failure_is_blocked", schedule=None, catchup=False) as dag:

    @task(task_id="fails")
    def fails_task():
        return json_io(fails)()

    @task(task_id="one")
    def one_task():
        return json_io(one)()

    fails_out = fails_task()
    one_out = one_task()
    fails_out >> one_out


if __name__ == "__main__":
    dag.test()
