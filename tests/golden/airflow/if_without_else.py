"""The pipeline if_without_else."""

# Made by pipeglot from pipeline "if_without_else", digest 66e912bae003.

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
    dag_id="if_without_else",
    schedule=None,
    catchup=False,
    params={"auc": Param(0.7, type="number")},
) as dag:

    @task(task_id="score")
    def score_task(params=None):
        return json_io(score)(auc=params["auc"])

    @task.branch(task_id="if_say")
    def if_say_task(score_out):
        if score_out["auc"] > 0.6:
            return "say"
        return []

    @task(task_id="say")
    def say_task():
        return json_io(say)(text="yes")

    @task(task_id="always")
    def always_task():
        return json_io(say)(text="done")

    score_out = score_task()
    if_say = if_say_task(score_out)
    say_out = say_task()
    always = always_task()
    if_say >> say_out
    score_out >> always


if __name__ == "__main__":
    dag.test()
