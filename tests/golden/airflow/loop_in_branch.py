"""The pipeline loop_in_branch."""

# Made by pipeglot from pipeline "loop_in_branch", digest 650e071b3da8.

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
    dag_id="loop_in_branch",
    schedule=None,
    catchup=False,
    params={"n": Param(2, type="integer"), "go": Param(True, type="boolean")},
) as dag:

    @task(task_id="numbers")
    def numbers_task(params=None):
        return json_io(numbers)(n=params["n"])

    @task.branch(task_id="if_double")
    def if_double_task(params=None):
        if params["go"]:
            return "double"
        return "other"

    @task(task_id="double")
    def double_task(each_x):
        return json_io(double)(x=each_x)

    @task(task_id="total", trigger_rule=TriggerRule.NONE_FAILED)
    def total_task(double_out):
        return json_io(total)(xs=list(double_out))

    @task(task_id="other")
    def other_task():
        return json_io(total)(xs=[100])

    @task(task_id="total_merged", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def total_merged_task(total_out, other):
        return next((v for v in [total_out, other] if v is not None), None)

    @task(task_id="end")
    def end_task(total_merged):
        return json_io(double)(x=total_merged)

    numbers_out = numbers_task()
    if_double = if_double_task()
    double_out = double_task.expand(each_x=numbers_out)
    total_out = total_task(double_out)
    other = other_task()
    total_merged = total_merged_task(total_out, other)
    end_task(total_merged)
    numbers_out >> if_double
    if_double >> [double_out, total_out, other]


if __name__ == "__main__":
    dag.test()
