"""The pipeline independent_roots."""

# Made by pipeglot from pipeline "independent_roots", digest a65036dd6d38.

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


with DAG(dag_id="independent_roots", schedule=None, catchup=False) as dag:

    @task(task_id="r1")
    def r1_task():
        return json_io(one)()

    @task(task_id="r2")
    def r2_task():
        return json_io(fails)()

    @task(task_id="r3")
    def r3_task():
        return json_io(one)()

    r1_task()
    r2_task()
    r3_task()


if __name__ == "__main__":
    dag.test()
