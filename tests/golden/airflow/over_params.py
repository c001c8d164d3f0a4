"""The pipeline over_params."""

# Made by pipeglot from pipeline "over_params", digest 443aa8dc9aae.

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


# golden: shared/json_io.py


with DAG(
    dag_id="over_params",
    schedule=None,
    catchup=False,
    params={"sizes": Param([4, 5], type="array", items={"type": "integer"})},
) as dag:

    @task(task_id="each_s_items")
    def each_s_items_task(params=None):
        return params["sizes"]

    @task(task_id="double")
    def double_task(each_s):
        return json_io(double)(x=each_s, plus=1)

    @task(task_id="total", trigger_rule=TriggerRule.NONE_FAILED)
    def total_task(double_out):
        return json_io(total)(xs=list(double_out))

    each_s_items = each_s_items_task()
    double_out = double_task.expand(each_s=each_s_items)
    total_task(double_out)


if __name__ == "__main__":
    dag.test()
