"""The pipeline empty_else."""

# Made by pipeglot from pipeline "empty_else", digest e33c93ac1a8a.

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
    dag_id="empty_else",
    schedule=None,
    catchup=False,
    params={"auc": Param(0.1, type="number")},
) as dag:

    @task(task_id="score")
    def score_task(params=None):
        return json_io(score)(auc=params["auc"])

    @task.branch(task_id="if_new")
    def if_new_task(score_out):
        if score_out["good"]:
            return "new"
        return "new_merged_else"

    @task(task_id="new")
    def new_task():
        return json_io(say)(text="new")

    @task(task_id="new_merged_else")
    def new_merged_else_task():
        return "none"

    @task(task_id="new_merged", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def new_merged_task(new, new_merged_else):
        return next((v for v in [new, new_merged_else] if v is not None), None)

    @task(task_id="end")
    def end_task(new_merged):
        return json_io(say)(text=new_merged)

    score_out = score_task()
    if_new = if_new_task(score_out)
    new = new_task()
    new_merged_else = new_merged_else_task()
    new_merged = new_merged_task(new, new_merged_else)
    end_task(new_merged)
    if_new >> [new, new_merged_else]


if __name__ == "__main__":
    dag.test()
