"""The pipeline after_a_tolerated_failure."""

# Made by pipeglot from pipeline "after_a_tolerated_failure", digest e0a29552da9c.

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


# golden: shared/json_io.py


with DAG(dag_id="after_a_tolerated_failure", schedule=None, catchup=False) as dag:

    @task(task_id="fails")
    def fails_task():
        return json_io(fails)()

    @task(task_id="fails_or_default", trigger_rule=TriggerRule.ALL_DONE)
    def fails_or_default_task(fails_out):
        if fails_out is None:
            return 0
        return fails_out

    @task(task_id="number")
    def number_task():
        return json_io(number)(n=1)

    fails_out = fails_task()
    fails_or_default = fails_or_default_task(fails_out)
    number_out = number_task()
    fails_or_default >> number_out


if __name__ == "__main__":
    dag.test()
