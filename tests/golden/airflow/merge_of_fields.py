"""The pipeline merge_of_fields."""

# Made by pipeglot from pipeline "merge_of_fields", digest 3c2d0b35f7e9.

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
    dag_id="merge_of_fields",
    schedule=None,
    catchup=False,
    params={"auc": Param(0.7, type="number")},
) as dag:

    @task(task_id="score")
    def score_task(params=None):
        return json_io(score)(auc=params["auc"])

    @task.branch(task_id="if_fresh")
    def if_fresh_task(score_out):
        if score_out["good"]:
            return "fresh"
        return ["stale", "fresh_merged_else"]

    @task(task_id="fresh")
    def fresh_task():
        return json_io(score)(auc=0.9, name="fresh")

    @task(task_id="say")
    def say_task(fresh):
        return json_io(say)(text=fresh["name"])

    @task(task_id="fresh_merged_then")
    def fresh_merged_then_task(fresh):
        return fresh["name"]

    @task(task_id="stale")
    def stale_task():
        return json_io(say)(text="stale")

    @task(task_id="fresh_merged_else")
    def fresh_merged_else_task(score_out):
        return f"was {score_out['name']}"

    @task(task_id="fresh_merged", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def fresh_merged_task(fresh_merged_then, fresh_merged_else):
        return next(
            (v for v in [fresh_merged_then, fresh_merged_else] if v is not None),
            None,
        )

    @task(task_id="end")
    def end_task(fresh_merged):
        return json_io(say)(text=fresh_merged)

    score_out = score_task()
    if_fresh = if_fresh_task(score_out)
    fresh = fresh_task()
    say_task(fresh)
    fresh_merged_then = fresh_merged_then_task(fresh)
    stale = stale_task()
    fresh_merged_else = fresh_merged_else_task(score_out)
    fresh_merged = fresh_merged_task(fresh_merged_then, fresh_merged_else)
    end_task(fresh_merged)
    if_fresh >> [fresh, stale, fresh_merged_else]


if __name__ == "__main__":
    dag.test()
