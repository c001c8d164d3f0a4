"""The pipeline failing_item."""

# Made by pipeglot from pipeline "failing_item", digest 73a49417f556.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, task, task_group
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def fails_on(x: int, bad: int = 1) -> int:
    if x == bad:
        raise ValueError(f"told to fail on {bad}")
    return x


def total(xs: list[int]) -> int:
    return sum(xs)


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


with DAG(dag_id="failing_item", schedule=None, catchup=False) as dag:

    @task(task_id="fails_on")
    def fails_on_task(each_x):
        return json_io(fails_on)(x=each_x)

    @task(task_id="double")
    def double_task(fails_on_out):
        return json_io(double)(x=fails_on_out)

    @task(task_id="double_list")
    def double_list_task(ti=None):
        return ti.xcom_pull("double", map_indexes=range(3))

    @task(task_id="total")
    def total_task(double_list):
        return json_io(total)(xs=double_list)

    @task(task_id="say")
    def say_task():
        return json_io(say)(text="beside")

    @task_group(group_id="each_x", prefix_group_id=False)
    def each_x_group(each_x):
        fails_on_out = fails_on_task(each_x)
        return double_task(fails_on_out)

    each_x_results = each_x_group.expand(each_x=[0, 1, 2])
    double_list = double_list_task()
    total_task(double_list)
    say_task()
    each_x_results >> double_list


if __name__ == "__main__":
    dag.test()
