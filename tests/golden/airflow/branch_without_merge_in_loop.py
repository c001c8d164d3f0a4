"""The pipeline branch_without_merge_in_loop."""

# Made by pipeglot from pipeline "branch_without_merge_in_loop", digest 2c5d026a960f.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, task, task_group
from airflow.sdk.exceptions import AirflowSkipException
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


# golden: shared/json_io.py


with DAG(dag_id="branch_without_merge_in_loop", schedule=None, catchup=False) as dag:

    @task(task_id="double")
    def double_task(each_x):
        return json_io(double)(x=each_x)

    @task(task_id="if_only_two")
    def if_only_two_task(double_out):
        if double_out == 2:
            return 0
        return 1

    @task(task_id="only_two")
    def only_two_task(double_out, if_only_two):
        if if_only_two != 0:
            raise AirflowSkipException
        return json_io(fails_on)(x=double_out, bad=2)

    @task(task_id="anyway")
    def anyway_task(each_x):
        return json_io(double)(x=each_x)

    @task(task_id="anyway_list")
    def anyway_list_task(ti=None):
        return ti.xcom_pull("anyway", map_indexes=range(3))

    @task(task_id="total")
    def total_task(anyway_list):
        return json_io(total)(xs=anyway_list)

    @task_group(group_id="each_x", prefix_group_id=False)
    def each_x_group(each_x):
        double_out = double_task(each_x)
        if_only_two = if_only_two_task(double_out)
        only_two_task(double_out, if_only_two)
        return anyway_task(each_x)

    each_x_results = each_x_group.expand(each_x=[0, 1, 2])
    anyway_list = anyway_list_task()
    total_task(anyway_list)
    each_x_results >> anyway_list


if __name__ == "__main__":
    dag.test()
