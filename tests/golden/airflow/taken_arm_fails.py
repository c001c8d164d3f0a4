"""The pipeline taken_arm_fails."""

# Made by pipeglot from pipeline "taken_arm_fails", digest a00e3893aa49.

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


def fails(text: str = "") -> str:
    raise ValueError("told to fail")


# golden: shared/json_io.py


with DAG(
    dag_id="taken_arm_fails",
    schedule=None,
    catchup=False,
    params={"auc": Param(0.7, type="number")},
) as dag:

    @task(task_id="score")
    def score_task(params=None):
        return json_io(score)(auc=params["auc"])

    @task.branch(task_id="if_bad")
    def if_bad_task(score_out):
        if score_out["good"]:
            return ["bad", "fine"]
        return "other"

    @task(task_id="bad")
    def bad_task():
        return json_io(fails)()

    @task(task_id="below")
    def below_task(bad):
        return json_io(say)(text=bad)

    @task(task_id="fine")
    def fine_task():
        return json_io(say)(text="fine")

    @task(task_id="other")
    def other_task():
        return json_io(say)(text="y")

    @task(task_id="other_below")
    def other_below_task(other):
        return json_io(say)(text=other)

    @task(task_id="v1", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def v1_task(bad, other):
        return next((v for v in [bad, other] if v is not None), None)

    @task(task_id="v2", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def v2_task(fine, other_below):
        return next((v for v in [fine, other_below] if v is not None), None)

    @task(task_id="blocked_end")
    def blocked_end_task(v1):
        return json_io(say)(text=v1)

    @task(task_id="good_end")
    def good_end_task(v2):
        return json_io(say)(text=v2)

    score_out = score_task()
    if_bad = if_bad_task(score_out)
    bad = bad_task()
    below_task(bad)
    fine = fine_task()
    other = other_task()
    other_below = other_below_task(other)
    v1 = v1_task(bad, other)
    v2 = v2_task(fine, other_below)
    blocked_end_task(v1)
    good_end_task(v2)
    if_bad >> [bad, fine, other]


if __name__ == "__main__":
    dag.test()
