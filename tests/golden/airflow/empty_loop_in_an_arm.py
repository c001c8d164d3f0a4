"""The pipeline empty_loop_in_an_arm."""

# Made by pipeglot from pipeline "empty_loop_in_an_arm", digest 46ecc8a0fa41.

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


# golden: shared/json_io.py


with DAG(
    dag_id="empty_loop_in_an_arm",
    schedule=None,
    catchup=False,
    params={"go": Param(True, type="boolean")},
) as dag:

    @task.branch(task_id="if_never")
    def if_never_task(params=None):
        if params["go"]:
            return "never"
        return []

    @task(task_id="never")
    def never_task(each_n):
        return json_io(double)(x=each_n)

    @task(task_id="last", trigger_rule=TriggerRule.NONE_FAILED)
    def last_task():
        return json_io(double)(x=2)

    if_never = if_never_task()
    never = never_task.expand(each_n=[])
    last = last_task()
    if_never >> never
    never >> last


if __name__ == "__main__":
    dag.test()
