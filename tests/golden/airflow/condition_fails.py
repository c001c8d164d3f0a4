"""The pipeline condition_fails."""

# Made by pipeglot from pipeline "condition_fails", digest 8146e3063108.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    return text


def fails(text: str = "") -> str:
    raise ValueError("told to fail")


# golden: shared/json_io.py


with DAG(dag_id="condition_fails", schedule=None, catchup=False) as dag:

    @task(task_id="fails")
    def fails_task():
        return json_io(fails)()

    @task.branch(task_id="if_yes")
    def if_yes_task(fails_out):
        if fails_out == "x":
            return "yes"
        return "no"

    @task(task_id="yes")
    def yes_task():
        return json_io(say)(text="yes")

    @task(task_id="no")
    def no_task():
        return json_io(say)(text="no")

    @task(task_id="beside")
    def beside_task():
        return json_io(say)(text="beside")

    fails_out = fails_task()
    if_yes = if_yes_task(fails_out)
    yes = yes_task()
    no = no_task()
    beside_task()
    if_yes >> [yes, no]


if __name__ == "__main__":
    dag.test()
