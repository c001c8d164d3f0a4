"""The pipeline merge_of_constant_and_outside."""

# Made by pipeglot from pipeline "merge_of_constant_and_outside", digest 554a28270720.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, TriggerRule, task
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
    dag_id="merge_of_constant_and_outside",
    schedule=None,
    catchup=False,
    params={"auc": Param(0.7, type="number")},
) as dag:

    @task(task_id="before")
    def before_task():
        return json_io(say)(text="outside value")

    @task(task_id="score")
    def score_task(params=None):
        return json_io(score)(auc=params["auc"])

    @task.branch(task_id="if_first")
    def if_first_task(score_out):
        if score_out["auc"] > 0.9:
            return "first"
        if score_out["auc"] > 0.6:
            return ["aside", "third_merged_elif_1"]
        return ["other", "third_merged_else"]

    @task(task_id="first")
    def first_task():
        return json_io(say)(text="a")

    @task(task_id="second")
    def second_task(first):
        return json_io(say)(text=first)

    @task(task_id="third")
    def third_task():
        return json_io(say)(text="third")

    @task(task_id="aside")
    def aside_task():
        return json_io(say)(text="aside")

    @task(task_id="third_merged_elif_1")
    def third_merged_elif_1_task(before):
        return before

    @task(task_id="other")
    def other_task():
        return json_io(say)(text="other")

    @task(task_id="third_merged_else")
    def third_merged_else_task():
        return "constant"

    @task(task_id="third_merged", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def third_merged_task(third, third_merged_elif_1, third_merged_else):
        return next(
            (
                v
                for v in [third, third_merged_elif_1, third_merged_else]
                if v is not None
            ),
            None,
        )

    @task(task_id="end")
    def end_task(third_merged):
        return json_io(say)(text=third_merged)

    before = before_task()
    score_out = score_task()
    if_first = if_first_task(score_out)
    first = first_task()
    second_task(first)
    third = third_task()
    aside = aside_task()
    third_merged_elif_1 = third_merged_elif_1_task(before)
    other = other_task()
    third_merged_else = third_merged_else_task()
    third_merged = third_merged_task(third, third_merged_elif_1, third_merged_else)
    end_task(third_merged)
    before >> if_first
    if_first >> [first, aside, third_merged_elif_1, other, third_merged_else]
    first >> third


if __name__ == "__main__":
    dag.test()
