"""The pipeline merged_none."""

# Made by pipeglot from pipeline "merged_none", digest eb8f10fc44cb.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, TriggerRule, task
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


def maybe(text: str) -> None:
    return None


# golden: shared/json_io.py


with DAG(dag_id="merged_none", schedule=None, catchup=False) as dag:

    @task(task_id="score")
    def score_task():
        return json_io(score)(auc=0.9)

    @task.branch(task_id="if_maybe")
    def if_maybe_task(score_out):
        if score_out["good"]:
            return "maybe"
        return "other"

    @task(task_id="maybe")
    def maybe_task():
        return json_io(maybe)(text="x")

    @task(task_id="other")
    def other_task():
        return json_io(maybe)(text="y")

    @task(task_id="value", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def value_task(maybe_out, other):
        return next((v for v in [maybe_out, other] if v is not None), None)

    @task(task_id="end", trigger_rule=TriggerRule.NONE_FAILED)
    def end_task():
        return json_io(say)(text="end")

    score_out = score_task()
    if_maybe = if_maybe_task(score_out)
    maybe_out = maybe_task()
    other = other_task()
    value = value_task(maybe_out, other)
    end = end_task()
    if_maybe >> [maybe_out, other]
    value >> end


if __name__ == "__main__":
    dag.test()
