"""The pipeline two_independent_branches."""

# Made by pipeglot from pipeline "two_independent_branches", digest 49a728403360.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python
from typing_extensions import TypedDict


class Score(TypedDict):
    auc: float
    good: bool
    name: str


def score(auc: float, name: str = "m") -> Score:
    return {"auc": auc, "good": auc >= 0.5, "name": name}


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


with DAG(
    dag_id="two_independent_branches",
    schedule=None,
    catchup=False,
    params={"x": Param(0.9, type="number"), "y": Param(0.1, type="number")},
) as dag:

    @task(task_id="left")
    def left_task(params=None):
        return json_io(score)(auc=params["x"])

    @task(task_id="right")
    def right_task(params=None):
        return json_io(score)(auc=params["y"])

    @task.branch(task_id="if_left_good")
    def if_left_good_task(left):
        if left["good"]:
            return "left_good"
        return "left_bad"

    @task(task_id="left_good")
    def left_good_task():
        return json_io(say)(text="l")

    @task(task_id="left_bad")
    def left_bad_task():
        return json_io(say)(text="l")

    @task.branch(task_id="if_right_good")
    def if_right_good_task(right):
        if right["good"]:
            return "right_good"
        return "right_bad"

    @task(task_id="right_good")
    def right_good_task():
        return json_io(say)(text="r")

    @task(task_id="right_bad")
    def right_bad_task():
        return json_io(say)(text="r")

    left = left_task()
    right = right_task()
    if_left_good = if_left_good_task(left)
    left_good = left_good_task()
    left_bad = left_bad_task()
    if_right_good = if_right_good_task(right)
    right_good = right_good_task()
    right_bad = right_bad_task()
    if_left_good >> [left_good, left_bad]
    if_right_good >> [right_good, right_bad]


if __name__ == "__main__":
    dag.test()
