"""The pipeline if_else_merge."""

# Made by pipeglot from pipeline "if_else_merge", digest 7f85c78ba3fc.

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
    dag_id="if_else_merge",
    schedule=None,
    catchup=False,
    params={"auc": Param(0.7, type="number")},
) as dag:

    @task(task_id="score")
    def score_task(params=None):
        return json_io(score)(auc=params["auc"])

    @task.branch(task_id="if_promote")
    def if_promote_task(score_out):
        if score_out["good"]:
            return "promote"
        return "keep"

    @task(task_id="promote")
    def promote_task():
        return json_io(say)(text="promoted")

    @task(task_id="keep")
    def keep_task():
        return json_io(say)(text="kept")

    @task(task_id="version", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def version_task(promote, keep):
        return next((v for v in [promote, keep] if v is not None), None)

    @task(task_id="report")
    def report_task(version):
        return json_io(say)(text=f"version: {version}")

    score_out = score_task()
    if_promote = if_promote_task(score_out)
    promote = promote_task()
    keep = keep_task()
    version = version_task(promote, keep)
    report_task(version)
    if_promote >> [promote, keep]


if __name__ == "__main__":
    dag.test()
