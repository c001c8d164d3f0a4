"""The pipeline one_item."""

# Made by pipeglot from pipeline "one_item", digest 7403a8d8a20a.

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
    dag_id="one_item",
    schedule=None,
    catchup=False,
    params={"n": Param(4, type="integer")},
) as dag:

    @task(task_id="numbers")
    def numbers_task(params=None):
        return json_io(numbers)(n=params["n"])

    @task(task_id="total")
    def total_task(numbers_out):
        return json_io(total)(xs=numbers_out)

    @task(task_id="each_v_items")
    def each_v_items_task(total_out):
        return [total_out]

    @task(task_id="double")
    def double_task(each_v):
        return json_io(double)(x=each_v)

    @task(task_id="sum", trigger_rule=TriggerRule.NONE_FAILED)
    def sum_task(double_out):
        return json_io(total)(xs=list(double_out))

    numbers_out = numbers_task()
    total_out = total_task(numbers_out)
    each_v_items = each_v_items_task(total_out)
    double_out = double_task.expand(each_v=each_v_items)
    sum_task(double_out)


if __name__ == "__main__":
    dag.test()
