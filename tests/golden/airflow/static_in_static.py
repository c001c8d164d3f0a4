"""The pipeline static_in_static."""

# Made by pipeglot from pipeline "static_in_static", digest 37f8648f94bf.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TriggerRule, task, task_group
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


# golden: shared/flatten.py


def fates(ti, run_id, tasks, indexes):
    """The states that some instances of tasks have: trigger rules cannot tell."""
    asked = ti.get_task_states(dag_id=ti.dag_id, task_ids=tasks, run_ids=[run_id])
    states = asked[run_id]
    return {states.get(f"{t}_{n}", states.get(t)) for t in tasks for n in indexes}


with DAG(dag_id="static_in_static", schedule=None, catchup=False) as dag:

    @task(task_id="each_y_rows")
    def each_y_rows_task(each_x):
        items = [10, 20]
        return [{"each_y": each_y, "each_x": each_x} for each_y in items]

    @task(task_id="each_y_items", trigger_rule=TriggerRule.ALL_DONE)
    def each_y_items_task(ti=None):
        return flatten(ti.xcom_pull("each_y_rows", map_indexes=range(2)))

    @task(task_id="double")
    def double_task(each_y):
        return json_io(double)(
            x=each_y["values"]["each_x"],
            plus=each_y["values"]["each_y"],
        )

    @task(task_id="double_list", trigger_rule=TriggerRule.ALL_DONE)
    def double_list_task(ti=None, run_id=None):
        fate = fates(ti, run_id, ["each_y_rows"], [ti.map_index])
        if "skipped" in fate:
            raise AirflowSkipException
        if fate != {"success"}:
            raise AirflowFailException("each_y did not succeed")
        items = ti.xcom_pull("each_y_items", map_indexes=-1)
        mine = [n for n, row in enumerate(items) if row["parent"] == ti.map_index]
        fate = fates(ti, run_id, ["double"], mine)
        if fate & {"failed", "upstream_failed"}:
            raise AirflowFailException("each_y did not succeed")
        return ti.xcom_pull("double", map_indexes=mine)

    @task(task_id="inner")
    def inner_task(double_list):
        return json_io(total)(xs=double_list)

    @task(task_id="inner_list")
    def inner_list_task(ti=None):
        return ti.xcom_pull("inner", map_indexes=range(2))

    @task(task_id="outer")
    def outer_task(inner_list):
        return json_io(total)(xs=inner_list)

    @task_group(group_id="each_x", prefix_group_id=False)
    def each_x_group(each_x):
        each_y_rows = each_y_rows_task(each_x)
        double_list = double_list_task()
        inner = inner_task(double_list)
        each_y_rows >> double_list
        return {"each_y_rows": each_y_rows, "double_list": double_list, "inner": inner}

    each_x_results = each_x_group.expand(each_x=[1, 2])
    each_y_items = each_y_items_task()
    double_out = double_task.expand(each_y=each_y_items)
    inner_list = inner_list_task()
    outer = outer_task(inner_list)
    end = EmptyOperator(task_id="end", trigger_rule=TriggerRule.NONE_FAILED)
    each_x_results["each_y_rows"] >> each_y_items
    each_x_results["inner"] >> inner_list
    [outer, each_x_results["each_y_rows"], double_out] >> end
    [each_y_items, double_out] >> each_x_results["double_list"]


if __name__ == "__main__":
    dag.test()
