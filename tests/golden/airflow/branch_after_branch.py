"""The pipeline branch_after_branch."""

# Made by pipeglot from pipeline "branch_after_branch", digest c24afcb8ca1e.

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
    dag_id="branch_after_branch",
    schedule=None,
    catchup=False,
    params={"auc": Param(0.7, type="number")},
) as dag:

    @task(task_id="score")
    def score_task(params=None):
        return json_io(score)(auc=params["auc"])

    @task.branch(task_id="if_a")
    def if_a_task(score_out):
        if score_out["auc"] > 0.9:
            return "a"
        return []

    @task(task_id="a")
    def a_task():
        return json_io(say)(text="a")

    @task.branch(task_id="if_b", trigger_rule=TriggerRule.NONE_FAILED)
    def if_b_task(score_out):
        if score_out["auc"] > 0.5:
            return "b"
        return "c"

    @task(task_id="b")
    def b_task():
        return json_io(say)(text="b")

    @task(task_id="c")
    def c_task():
        return json_io(say)(text="c")

    @task(task_id="b_merged", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def b_merged_task(b, c):
        return next((v for v in [b, c] if v is not None), None)

    @task(task_id="end")
    def end_task(b_merged):
        return json_io(say)(text=b_merged)

    score_out = score_task()
    if_a = if_a_task(score_out)
    a = a_task()
    if_b = if_b_task(score_out)
    b = b_task()
    c = c_task()
    b_merged = b_merged_task(b, c)
    end_task(b_merged)
    if_a >> a
    a >> if_b
    if_b >> [b, c]


if __name__ == "__main__":
    dag.test()
