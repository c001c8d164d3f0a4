"""The pipeline elif_chain."""

# Made by pipeglot from pipeline "elif_chain", digest 1cf2ce603436.

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
    dag_id="elif_chain",
    schedule=None,
    catchup=False,
    params={"auc": Param(0.7, type="number")},
) as dag:

    @task(task_id="score")
    def score_task(params=None):
        return json_io(score)(auc=params["auc"])

    @task.branch(task_id="if_great")
    def if_great_task(score_out):
        if score_out["auc"] > 0.9:
            return "great"
        if score_out["auc"] > 0.6:
            return "fine"
        if score_out["auc"] > 0.3:
            return "poor"
        return "bad"

    @task(task_id="great")
    def great_task():
        return json_io(say)(text="great")

    @task(task_id="fine")
    def fine_task():
        return json_io(say)(text="fine")

    @task(task_id="poor")
    def poor_task():
        return json_io(say)(text="poor")

    @task(task_id="bad")
    def bad_task():
        return json_io(say)(text="bad")

    @task(task_id="great_merged", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def great_merged_task(great, fine, poor, bad):
        return next((v for v in [great, fine, poor, bad] if v is not None), None)

    score_out = score_task()
    if_great = if_great_task(score_out)
    great = great_task()
    fine = fine_task()
    poor = poor_task()
    bad = bad_task()
    great_merged_task(great, fine, poor, bad)
    if_great >> [great, fine, poor, bad]


if __name__ == "__main__":
    dag.test()
