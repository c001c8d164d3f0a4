"""The pipeline captured_failure_blocks_the_loop."""

# Made by pipeglot from pipeline "captured_failure_blocks_the_loop", digest 543f84c744eb.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, TriggerRule, task, task_group
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


def fails() -> list[int]:
    raise ValueError("told to fail")


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


with DAG(
    dag_id="captured_failure_blocks_the_loop",
    schedule=None,
    catchup=False,
) as dag:

    @task(task_id="fails")
    def fails_task():
        return json_io(fails)()

    @task(task_id="numbers")
    def numbers_task():
        return json_io(numbers)(n=2)

    @task(task_id="double")
    def double_task(each_x):
        return json_io(double)(x=each_x)

    @task(task_id="say")
    def say_task(double_out):
        return json_io(say)(text=f"{double_out}")

    @task(task_id="double_list", trigger_rule=TriggerRule.NONE_FAILED)
    def double_list_task(numbers_out, ti=None):
        return ti.xcom_pull("double", map_indexes=range(len(numbers_out)))

    @task(task_id="total")
    def total_task(double_list):
        return json_io(total)(xs=double_list)

    fails_out = fails_task()
    numbers_out = numbers_task()

    @task_group(group_id="each_x", prefix_group_id=False)
    def each_x_group(each_x):
        double_out = double_task(each_x)
        say_task(double_out)
        fails_out >> double_out
        return double_out

    each_x_results = each_x_group.expand(each_x=numbers_out)
    double_list = double_list_task(numbers_out)
    total_task(double_list)
    each_x_results >> double_list


if __name__ == "__main__":
    dag.test()
