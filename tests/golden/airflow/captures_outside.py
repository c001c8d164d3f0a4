"""The pipeline captures_outside."""

# Made by pipeglot from pipeline "captures_outside", digest 10efcb521b87.

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
    dag_id="captures_outside",
    schedule=None,
    catchup=False,
    params={"base": Param(5, type="integer")},
) as dag:

    @task(task_id="base")
    def base_task(params=None):
        return json_io(double)(x=params["base"])

    @task(task_id="numbers")
    def numbers_task():
        return json_io(numbers)(n=2)

    @task(task_id="double")
    def double_task(base, each_x):
        return json_io(double)(x=each_x, plus=base)

    @task(task_id="total", trigger_rule=TriggerRule.NONE_FAILED)
    def total_task(double_out):
        return json_io(total)(xs=list(double_out))

    base = base_task()
    numbers_out = numbers_task()
    double_out = double_task.partial(base=base).expand(each_x=numbers_out)
    total_task(double_out)


if __name__ == "__main__":
    dag.test()
