"""The pipeline capture_fails."""

# Made by pipeglot from pipeline "capture_fails", digest a15c7b7be83b.

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
    dag_id="capture_fails",
    schedule=None,
    catchup=False,
    params={"auc": Param(0.7, type="number")},
) as dag:

    @task(task_id="score")
    def score_task(params=None):
        return json_io(score)(auc=params["auc"])

    @task(task_id="fails")
    def fails_task():
        return json_io(fails)()

    @task.branch(task_id="if_uses")
    def if_uses_task(score_out):
        if score_out["good"]:
            return ["uses", "does_not_use"]
        return "other"

    @task(task_id="uses")
    def uses_task(fails_out):
        return json_io(say)(text=fails_out)

    @task(task_id="does_not_use")
    def does_not_use_task():
        return json_io(say)(text="x")

    @task(task_id="other")
    def other_task():
        return json_io(say)(text="y")

    @task(task_id="version", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def version_task(does_not_use, other):
        return next((v for v in [does_not_use, other] if v is not None), None)

    @task(task_id="beside")
    def beside_task():
        return json_io(say)(text="independent")

    @task(task_id="end")
    def end_task(version):
        return json_io(say)(text=version)

    score_out = score_task()
    fails_out = fails_task()
    if_uses = if_uses_task(score_out)
    uses = uses_task(fails_out)
    does_not_use = does_not_use_task()
    other = other_task()
    version = version_task(does_not_use, other)
    beside = beside_task()
    end_task(version)
    fails_out >> if_uses
    if_uses >> [uses, does_not_use, other]
    score_out >> beside


if __name__ == "__main__":
    dag.test()
