"""The pipeline runtime_in_runtime."""

# Made by pipeglot from pipeline "runtime_in_runtime", digest 180506041db3.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TriggerRule, task, task_group
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


# golden: shared/json_io.py


# golden: shared/flatten.py


with DAG(dag_id="runtime_in_runtime", schedule=None, catchup=False) as dag:

    @task(task_id="numbers")
    def numbers_task():
        return json_io(numbers)(n=3)

    @task(task_id="inner_numbers")
    def inner_numbers_task(each_n):
        return json_io(numbers)(n=each_n)

    @task(task_id="each_y_rows")
    def each_y_rows_task(inner_numbers, each_n):
        return [
            {"each_y": each_y, "inner_numbers": inner_numbers, "each_n": each_n}
            for each_y in inner_numbers
        ]

    @task(task_id="each_y_items", trigger_rule=TriggerRule.ALL_DONE)
    def each_y_items_task(numbers_out, ti=None):
        return flatten(
            ti.xcom_pull("each_y_rows", map_indexes=range(len(numbers_out or []))),
        )

    @task(task_id="double")
    def double_task(each_y):
        return json_io(double)(
            x=each_y["values"]["each_y"],
            plus=each_y["values"]["each_n"],
        )

    @task(task_id="twice")
    def twice_task(double_out):
        return json_io(double)(x=double_out)

    numbers_out = numbers_task()

    @task_group(group_id="each_n", prefix_group_id=False)
    def each_n_group(each_n):
        inner_numbers = inner_numbers_task(each_n)
        return each_y_rows_task(inner_numbers, each_n)

    each_n_results = each_n_group.expand(each_n=numbers_out)
    each_y_items = each_y_items_task(numbers_out)

    @task_group(group_id="each_y", prefix_group_id=False)
    def each_y_group(each_y):
        double_out = double_task(each_y)
        return twice_task(double_out)

    each_y_results = each_y_group.expand(each_y=each_y_items)
    end = EmptyOperator(task_id="end", trigger_rule=TriggerRule.NONE_FAILED)
    each_n_results >> each_y_items
    [each_y_results, each_n_results] >> end


if __name__ == "__main__":
    dag.test()
