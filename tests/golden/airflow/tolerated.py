"""The pipeline tolerated."""

# Made by pipeglot from pipeline "tolerated", digest 047560d1fdb4.

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


with DAG(dag_id="tolerated", schedule=None, catchup=False) as dag:

    @task(task_id="fails")
    def fails_task():
        return json_io(fails)()

    @task(task_id="fails_or_default", trigger_rule=TriggerRule.ALL_DONE)
    def fails_or_default_task(fails_out):
        if fails_out is None:
            return 7
        return fails_out

    @task(task_id="number")
    def number_task(fails_or_default):
        return json_io(number)(n=fails_or_default)

    @task(task_id="show")
    def show_task(number_out):
        return json_io(show)(value=number_out)

    fails_out = fails_task()
    fails_or_default = fails_or_default_task(fails_out)
    number_out = number_task(fails_or_default)
    show_task(number_out)


if __name__ == "__main__":
    dag.test()
