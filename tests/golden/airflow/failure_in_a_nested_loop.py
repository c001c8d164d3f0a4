"""The pipeline failure_in_a_nested_loop."""

# Made by pipeglot from pipeline "failure_in_a_nested_loop", digest d9359e9ba9e0.

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


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def fails_on(x: int, bad: int = 1) -> int:
    if x == bad:
        raise ValueError(f"told to fail on {bad}")
    return x


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


# golden: shared/flatten.py


with DAG(dag_id="failure_in_a_nested_loop", schedule=None, catchup=False) as dag:

    @task(task_id="each_y_rows")
    def each_y_rows_task(each_x):
        items = [0, 1, 2]
        return [{"each_y": each_y, "each_x": each_x} for each_y in items]

    @task(task_id="each_y_items", trigger_rule=TriggerRule.ALL_DONE)
    def each_y_items_task(ti=None):
        return flatten(ti.xcom_pull("each_y_rows", map_indexes=range(2)))

    @task(task_id="fails_on")
    def fails_on_task(each_y):
        return json_io(fails_on)(
            x=each_y["values"]["each_y"],
            bad=each_y["values"]["each_x"],
        )

    @task(task_id="double")
    def double_task(fails_on_out):
        return json_io(double)(x=fails_on_out)

    @task(task_id="beside")
    def beside_task(each_x):
        return json_io(say)(text=f"{each_x}")

    @task_group(group_id="each_x", prefix_group_id=False)
    def each_x_group(each_x):
        each_y_rows = each_y_rows_task(each_x)
        beside = beside_task(each_x)
        return {"each_y_rows": each_y_rows, "beside": beside}

    each_x_results = each_x_group.expand(each_x=[0, 1])
    each_y_items = each_y_items_task()

    @task_group(group_id="each_y", prefix_group_id=False)
    def each_y_group(each_y):
        fails_on_out = fails_on_task(each_y)
        return double_task(fails_on_out)

    each_y_results = each_y_group.expand(each_y=each_y_items)
    end = EmptyOperator(task_id="end", trigger_rule=TriggerRule.NONE_FAILED)
    each_x_results["each_y_rows"] >> each_y_items
    [each_y_results, each_x_results["beside"], each_x_results["each_y_rows"]] >> end


if __name__ == "__main__":
    dag.test()
