"""The pipeline tolerance_does_not_rescue_blocked."""

# Made by pipeglot from pipeline "tolerance_does_not_rescue_blocked", digest f3c0f8df7eb2.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, TriggerRule, task
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
    dag_id="tolerance_does_not_rescue_blocked",
    schedule=None,
    catchup=False,
) as dag:

    @task(task_id="fails")
    def fails_task():
        return json_io(fails)()

    @task(task_id="number")
    def number_task(fails_out):
        return json_io(number)(n=fails_out)

    @task(
        task_id="number_or_default",
        trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS,
    )
    def number_or_default_task(number_out):
        if number_out is None:
            return 1
        return number_out

    @task(task_id="show")
    def show_task(number_or_default):
        return json_io(show)(value=number_or_default)

    fails_out = fails_task()
    number_out = number_task(fails_out)
    number_or_default = number_or_default_task(number_out)
    show_task(number_or_default)
    fails_out >> number_or_default


if __name__ == "__main__":
    dag.test()
