"""The pipeline tolerated_in_arm."""

# Made by pipeglot from pipeline "tolerated_in_arm", digest b148943c4f2a.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, TriggerRule, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


def number(n: int) -> int:
    return n


def show(value: int | None) -> str:
    return f"got {value}"


# golden: shared/json_io.py


with DAG(
    dag_id="tolerated_in_arm",
    schedule=None,
    catchup=False,
    params={"go": Param(True, type="boolean")},
) as dag:

    @task.branch(task_id="if_fails")
    def if_fails_task(params=None):
        if params["go"]:
            return "fails"
        return "number"

    @task(task_id="fails")
    def fails_task():
        return json_io(fails)()

    @task(task_id="fails_or_default", trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS)
    def fails_or_default_task(fails_out):
        if fails_out is None:
            return 5
        return fails_out

    @task(task_id="number")
    def number_task():
        return json_io(number)(n=2)

    @task(task_id="fails_merged", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def fails_merged_task(fails_or_default, number_out):
        return next((v for v in [fails_or_default, number_out] if v is not None), None)

    @task(task_id="show")
    def show_task(fails_merged):
        return json_io(show)(value=fails_merged)

    if_fails = if_fails_task()
    fails_out = fails_task()
    fails_or_default = fails_or_default_task(fails_out)
    number_out = number_task()
    fails_merged = fails_merged_task(fails_or_default, number_out)
    show_task(fails_merged)
    if_fails >> [fails_out, fails_or_default, number_out]


if __name__ == "__main__":
    dag.test()
