"""The pipeline runtime."""

# Made by pipeglot from pipeline "runtime", digest dc01aa3353c5.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, TriggerRule, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


with DAG(
    dag_id="runtime",
    schedule=None,
    catchup=False,
    params={"n": Param(3, type="integer")},
) as dag:

    @task(task_id="numbers")
    def numbers_task(params=None):
        return json_io(numbers)(n=params["n"])

    @task(task_id="double")
    def double_task(each_x):
        return json_io(double)(x=each_x)

    @task(task_id="total", trigger_rule=TriggerRule.NONE_FAILED)
    def total_task(double_out):
        return json_io(total)(xs=list(double_out))

    @task(task_id="then")
    def then_task(total_out):
        return json_io(double)(x=total_out)

    numbers_out = numbers_task()
    double_out = double_task.expand(each_x=numbers_out)
    total_out = total_task(double_out)
    then_task(total_out)


if __name__ == "__main__":
    dag.test()
