"""The pipeline bounded."""

# Made by pipeglot from pipeline "bounded", digest 1bf6f48766f6.

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


# golden: shared/json_io.py


with DAG(dag_id="bounded", schedule=None, catchup=False) as dag:

    @task(task_id="numbers")
    def numbers_task():
        return json_io(numbers)(n=5)

    @task(task_id="double", max_active_tis_per_dagrun=2)
    def double_task(each_x):
        return json_io(double)(x=each_x)

    @task(task_id="second", max_active_tis_per_dagrun=2)
    def second_task(double_out):
        return json_io(double)(x=double_out)

    @task(task_id="second_list", trigger_rule=TriggerRule.NONE_FAILED)
    def second_list_task(numbers_out, ti=None):
        return ti.xcom_pull("second", map_indexes=range(len(numbers_out)))

    @task(task_id="total")
    def total_task(second_list):
        return json_io(total)(xs=second_list)

    numbers_out = numbers_task()

    @task_group(group_id="each_x", prefix_group_id=False)
    def each_x_group(each_x):
        double_out = double_task(each_x)
        return second_task(double_out)

    each_x_results = each_x_group.expand(each_x=numbers_out)
    second_list = second_list_task(numbers_out)
    total_task(second_list)
    each_x_results >> second_list


if __name__ == "__main__":
    dag.test()
