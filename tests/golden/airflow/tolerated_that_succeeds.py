"""The pipeline tolerated_that_succeeds."""

# Made by pipeglot from pipeline "tolerated_that_succeeds", digest cb016329fbba.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, TriggerRule, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def number(n: int) -> int:
    return n


# golden: shared/json_io.py


with DAG(dag_id="tolerated_that_succeeds", schedule=None, catchup=False) as dag:

    @task(task_id="number")
    def number_task():
        return json_io(number)(n=4)

    @task(task_id="number_or_default", trigger_rule=TriggerRule.ALL_DONE)
    def number_or_default_task(number_out):
        if number_out is None:
            return 9
        return number_out

    @task(task_id="then")
    def then_task(number_or_default):
        return json_io(number)(n=number_or_default)

    number_out = number_task()
    number_or_default = number_or_default_task(number_out)
    then_task(number_or_default)


if __name__ == "__main__":
    dag.test()
