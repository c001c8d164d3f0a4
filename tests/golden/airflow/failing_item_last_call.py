"""The pipeline failing_item_last_call."""

# Made by pipeglot from pipeline "failing_item_last_call", digest 7d1ffad10589.

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


def fails_on(x: int, bad: int = 1) -> int:
    if x == bad:
        raise ValueError(f"told to fail on {bad}")
    return x


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


with DAG(dag_id="failing_item_last_call", schedule=None, catchup=False) as dag:

    @task(task_id="numbers")
    def numbers_task():
        return json_io(numbers)(n=3)

    @task(task_id="double")
    def double_task(each_x):
        return json_io(double)(x=each_x)

    @task(task_id="fails_on")
    def fails_on_task(double_out):
        return json_io(fails_on)(x=double_out, bad=2)

    @task(task_id="collected", trigger_rule=TriggerRule.NONE_FAILED)
    def collected_task(numbers_out, ti=None):
        return ti.xcom_pull("double", map_indexes=range(len(numbers_out)))

    @task(task_id="fails_on_list", trigger_rule=TriggerRule.NONE_FAILED)
    def fails_on_list_task(numbers_out, ti=None):
        return ti.xcom_pull("fails_on", map_indexes=range(len(numbers_out)))

    @task(task_id="of_a")
    def of_a_task(collected):
        return json_io(total)(xs=collected)

    @task(task_id="of_b")
    def of_b_task(fails_on_list):
        return json_io(total)(xs=fails_on_list)

    numbers_out = numbers_task()

    @task_group(group_id="each_x", prefix_group_id=False)
    def each_x_group(each_x):
        double_out = double_task(each_x)
        fails_on_out = fails_on_task(double_out)
        return {"double": double_out, "fails_on": fails_on_out}

    each_x_results = each_x_group.expand(each_x=numbers_out)
    collected = collected_task(numbers_out)
    fails_on_list = fails_on_list_task(numbers_out)
    of_a_task(collected)
    of_b_task(fails_on_list)
    each_x_results["double"] >> collected
    each_x_results["fails_on"] >> fails_on_list


if __name__ == "__main__":
    dag.test()
