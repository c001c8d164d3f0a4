"""The pipeline condition_cannot_be_evaluated."""

# Made by pipeglot from pipeline "condition_cannot_be_evaluated", digest 98863822e30f.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, TriggerRule, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    return text


def lookup(known: dict[str, int]) -> dict[str, int]:
    return known


# golden: shared/json_io.py


with DAG(
    dag_id="condition_cannot_be_evaluated",
    schedule=None,
    catchup=False,
    params={"key": Param("present", type="string")},
) as dag:

    @task(task_id="lookup")
    def lookup_task():
        return json_io(lookup)(known={"present": 1})

    @task.branch(task_id="if_yes")
    def if_yes_task(lookup_out):
        if lookup_out["absent"] > 0:
            return "yes"
        return "no"

    @task(task_id="yes")
    def yes_task():
        return json_io(say)(text="yes")

    @task(task_id="no")
    def no_task():
        return json_io(say)(text="no")

    @task(task_id="yes_merged", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def yes_merged_task(yes, no):
        return next((v for v in [yes, no] if v is not None), None)

    @task(task_id="end")
    def end_task(yes_merged):
        return json_io(say)(text=yes_merged)

    @task(task_id="beside")
    def beside_task():
        return json_io(say)(text="beside")

    lookup_out = lookup_task()
    if_yes = if_yes_task(lookup_out)
    yes = yes_task()
    no = no_task()
    yes_merged = yes_merged_task(yes, no)
    end_task(yes_merged)
    beside_task()
    if_yes >> [yes, no]


if __name__ == "__main__":
    dag.test()
