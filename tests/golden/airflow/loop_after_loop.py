"""The pipeline loop_after_loop."""

# Made by pipeglot from pipeline "loop_after_loop", digest e00da8b9a9ce.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, TriggerRule, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


with DAG(dag_id="loop_after_loop", schedule=None, catchup=False) as dag:

    @task(task_id="numbers")
    def numbers_task():
        return json_io(numbers)(n=3)

    @task(task_id="double")
    def double_task(each_x):
        return json_io(double)(x=each_x)

    @task(task_id="each_v_items", trigger_rule=TriggerRule.NONE_FAILED)
    def each_v_items_task(double_out):
        return list(double_out)

    @task(task_id="again")
    def again_task(each_v):
        return json_io(double)(x=each_v)

    @task(task_id="total", trigger_rule=TriggerRule.NONE_FAILED)
    def total_task(again):
        return json_io(total)(xs=list(again))

    numbers_out = numbers_task()
    double_out = double_task.expand(each_x=numbers_out)
    each_v_items = each_v_items_task(double_out)
    again = again_task.expand(each_v=each_v_items)
    total_task(again)


if __name__ == "__main__":
    dag.test()
