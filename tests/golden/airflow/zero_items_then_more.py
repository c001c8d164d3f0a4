"""The pipeline zero_items_then_more."""

# Made by pipeglot from pipeline "zero_items_then_more", digest e71c8199222e.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, TriggerRule, task, task_group
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


with DAG(
    dag_id="zero_items_then_more",
    schedule=None,
    catchup=False,
    params={"n": Param(0, type="integer")},
) as dag:

    @task(task_id="numbers")
    def numbers_task(params=None):
        return json_io(numbers)(n=params["n"])

    @task(task_id="double")
    def double_task(each_x):
        return json_io(double)(x=each_x)

    @task(task_id="again")
    def again_task(double_out):
        return json_io(double)(x=double_out)

    @task(task_id="again_list", trigger_rule=TriggerRule.NONE_FAILED)
    def again_list_task(numbers_out, ti=None):
        return ti.xcom_pull("again", map_indexes=range(len(numbers_out)))

    @task(task_id="total")
    def total_task(again_list):
        return json_io(total)(xs=again_list)

    @task(task_id="after_loop")
    def after_loop_task():
        return json_io(say)(text="after")

    @task(task_id="end")
    def end_task(total_out):
        return json_io(say)(text=f"total {total_out}")

    numbers_out = numbers_task()

    @task_group(group_id="each_x", prefix_group_id=False)
    def each_x_group(each_x):
        double_out = double_task(each_x)
        return again_task(double_out)

    each_x_results = each_x_group.expand(each_x=numbers_out)
    again_list = again_list_task(numbers_out)
    total_out = total_task(again_list)
    after_loop = after_loop_task()
    end_task(total_out)
    each_x_results >> again_list
    again_list >> after_loop


if __name__ == "__main__":
    dag.test()
