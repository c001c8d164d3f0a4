"""The pipeline after_a_skipped_call_means_after_its_branch."""

# Made by pipeglot from pipeline "after_a_skipped_call_means_after_its_branch", digest 3b29e34da3f4.

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
    dag_id="after_a_skipped_call_means_after_its_branch",
    schedule=None,
    catchup=False,
    params={"auc": Param(0.1, type="number")},
) as dag:

    @task(task_id="score")
    def score_task(params=None):
        return json_io(score)(auc=params["auc"])

    @task.branch(task_id="if_a")
    def if_a_task(score_out):
        if score_out["good"]:
            return "a"
        return []

    @task(task_id="a")
    def a_task():
        return json_io(say)(text="a")

    @task(task_id="end", trigger_rule=TriggerRule.NONE_FAILED)
    def end_task():
        return json_io(say)(text="end")

    score_out = score_task()
    if_a = if_a_task(score_out)
    a = a_task()
    end = end_task()
    if_a >> a
    a >> end


if __name__ == "__main__":
    dag.test()
