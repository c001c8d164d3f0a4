"""The pipeline include_in_static_loop."""

# Made by pipeglot from pipeline "include_in_static_loop", digest 8bec4a1fe425.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup, TriggerRule, task, task_group
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def total(xs: list[int]) -> int:
    return sum(xs)


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


# golden: shared/json_io.py


# golden: shared/flatten.py


def fates(ti, run_id, tasks, indexes):
    """The states that some instances of tasks have: trigger rules cannot tell."""
    asked = ti.get_task_states(dag_id=ti.dag_id, task_ids=tasks, run_ids=[run_id])
    states = asked[run_id]
    return {states.get(f"{t}_{n}", states.get(t)) for t in tasks for n in indexes}


with DAG(dag_id="include_in_static_loop", schedule=None, catchup=False) as dag:

    @task(task_id="inner.numbers")
    def inner_numbers_task(each_n):
        return json_io(numbers)(n=each_n)

    @task(task_id="inner.each_x_rows")
    def inner_each_x_rows_task(inner_numbers):
        return [
            {"inner.each_x": inner_each_x, "inner.numbers": inner_numbers}
            for inner_each_x in inner_numbers
        ]

    @task(task_id="inner.each_x_items", trigger_rule=TriggerRule.ALL_DONE)
    def inner_each_x_items_task(ti=None):
        return flatten(ti.xcom_pull("inner.each_x_rows", map_indexes=range(2)))

    @task(task_id="inner.double")
    def inner_double_task(inner_each_x):
        return json_io(double)(x=inner_each_x["values"]["inner.each_x"])

    @task(task_id="inner.double_list", trigger_rule=TriggerRule.ALL_DONE)
    def inner_double_list_task(ti=None, run_id=None):
        fate = fates(ti, run_id, ["inner.each_x_rows"], [ti.map_index])
        if "skipped" in fate:
            raise AirflowSkipException
        if fate != {"success"}:
            raise AirflowFailException("inner.each_x did not succeed")
        items = ti.xcom_pull("inner.each_x_items", map_indexes=-1)
        mine = [n for n, row in enumerate(items) if row["parent"] == ti.map_index]
        fate = fates(ti, run_id, ["inner.double"], mine)
        if fate & {"failed", "upstream_failed"}:
            raise AirflowFailException("inner.each_x did not succeed")
        return ti.xcom_pull("inner.double", map_indexes=mine)

    @task(task_id="inner.total")
    def inner_total_task(inner_double_list):
        return json_io(total)(xs=inner_double_list)

    @task(task_id="inner_list")
    def inner_list_task(ti=None):
        return ti.xcom_pull("inner.total", map_indexes=range(2))

    @task(task_id="total")
    def total_task(inner_list):
        return json_io(total)(xs=inner_list)

    @task_group(group_id="each_n", prefix_group_id=False)
    def each_n_group(each_n):
        with TaskGroup("inner", prefix_group_id=False):
            inner_numbers = inner_numbers_task(each_n)
            inner_each_x_rows = inner_each_x_rows_task(inner_numbers)
            inner_double_list = inner_double_list_task()
            inner_total = inner_total_task(inner_double_list)
        inner_each_x_rows >> inner_double_list
        return {
            "inner.each_x_rows": inner_each_x_rows,
            "inner.double_list": inner_double_list,
            "inner.total": inner_total,
        }

    each_n_results = each_n_group.expand(each_n=[2, 3])
    inner_each_x_items = inner_each_x_items_task()
    inner_double = inner_double_task.expand(inner_each_x=inner_each_x_items)
    inner_list = inner_list_task()
    total_out = total_task(inner_list)
    end = EmptyOperator(task_id="end", trigger_rule=TriggerRule.NONE_FAILED)
    each_n_results["inner.each_x_rows"] >> inner_each_x_items
    each_n_results["inner.total"] >> inner_list
    [total_out, each_n_results["inner.each_x_rows"], inner_double] >> end
    [inner_each_x_items, inner_double] >> each_n_results["inner.double_list"]


if __name__ == "__main__":
    dag.test()
