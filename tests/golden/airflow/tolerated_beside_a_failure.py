"""The pipeline tolerated_beside_a_failure."""

# Made by pipeglot from pipeline "tolerated_beside_a_failure", digest d0609dd1804b.

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


def show(value: int | None) -> str:
    return f"got {value}"


# golden: shared/json_io.py


with DAG(dag_id="tolerated_beside_a_failure", schedule=None, catchup=False) as dag:

    @task(task_id="tolerated")
    def tolerated_task():
        return json_io(fails)()

    @task(task_id="tolerated_or_default", trigger_rule=TriggerRule.ALL_DONE)
    def tolerated_or_default_task(tolerated):
        if tolerated is None:
            return 0
        return tolerated

    @task(task_id="show")
    def show_task(tolerated_or_default):
        return json_io(show)(value=tolerated_or_default)

    @task(task_id="hard")
    def hard_task():
        return json_io(fails)()

    tolerated = tolerated_task()
    tolerated_or_default = tolerated_or_default_task(tolerated)
    show_task(tolerated_or_default)
    hard_task()


if __name__ == "__main__":
    dag.test()
