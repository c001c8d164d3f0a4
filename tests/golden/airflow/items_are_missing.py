"""The pipeline items_are_missing."""

# Made by pipeglot from pipeline "items_are_missing", digest d76b8c95b3c1.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, TriggerRule, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


def say(text: str) -> str:
    return text


def anything(kind: str) -> dict[str, list[int]]:
    return {} if kind == "missing" else {"items": [1, 2]}


# golden: shared/json_io.py


with DAG(
    dag_id="items_are_missing",
    schedule=None,
    catchup=False,
    params={"kind": Param("missing", type="string")},
) as dag:

    @task(task_id="anything")
    def anything_task(params=None):
        return json_io(anything)(kind=params["kind"])

    @task(task_id="each_x_items")
    def each_x_items_task(anything_out):
        return anything_out["items"]

    @task(task_id="double")
    def double_task(each_x):
        return json_io(double)(x=each_x)

    @task(task_id="total", trigger_rule=TriggerRule.NONE_FAILED)
    def total_task(double_out):
        return json_io(total)(xs=list(double_out))

    @task(task_id="say")
    def say_task():
        return json_io(say)(text="beside")

    anything_out = anything_task()
    each_x_items = each_x_items_task(anything_out)
    double_out = double_task.expand(each_x=each_x_items)
    total_task(double_out)
    say_task()


if __name__ == "__main__":
    dag.test()
