"""The pipeline none_keeps_its_place."""

# Made by pipeglot from pipeline "none_keeps_its_place", digest eb6ea6f7009e.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def odd_or_none(x: int) -> int | None:
    return x if x % 2 else None


def show(xs: list[int | None]) -> str:
    return ",".join(str(x) for x in xs)


# golden: shared/json_io.py


with DAG(dag_id="none_keeps_its_place", schedule=None, catchup=False) as dag:

    @task(task_id="odd_or_none")
    def odd_or_none_task(each_x):
        return json_io(odd_or_none)(x=each_x)

    @task(task_id="odd_or_none_list")
    def odd_or_none_list_task(ti=None):
        return ti.xcom_pull("odd_or_none", map_indexes=range(4))

    @task(task_id="show")
    def show_task(odd_or_none_list):
        return json_io(show)(xs=odd_or_none_list)

    odd_or_none_out = odd_or_none_task.expand(each_x=[1, 2, 3, 4])
    odd_or_none_list = odd_or_none_list_task()
    show_task(odd_or_none_list)
    odd_or_none_out >> odd_or_none_list


if __name__ == "__main__":
    dag.test()
