"""The pipeline static."""

# Made by pipeglot from pipeline "static", digest 580fa7f9b994.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


with DAG(dag_id="static", schedule=None, catchup=False) as dag:

    @task(task_id="double")
    def double_task(each_x):
        return json_io(double)(x=each_x)

    @task(task_id="total")
    def total_task(double_out):
        return json_io(total)(xs=list(double_out))

    double_out = double_task.expand(each_x=[1, 2, 3])
    total_task(double_out)


if __name__ == "__main__":
    dag.test()
