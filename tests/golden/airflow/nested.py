"""The pipeline nested."""

# Made by pipeglot from pipeline "nested", digest 4160410091ac.

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
    dag_id="nested",
    schedule=None,
    catchup=False,
    params={"auc": Param(0.7, type="number"), "strict": Param(False, type="boolean")},
) as dag:

    @task(task_id="score")
    def score_task(params=None):
        return json_io(score)(auc=params["auc"])

    @task.branch(task_id="if_strict_pass_3")
    def if_strict_pass_3_task(score_out):
        if score_out["auc"] > 0.5:
            return "if_strict_pass_2"
        return "down"

    @task.branch(task_id="if_strict_pass_2")
    def if_strict_pass_2_task(params=None):
        if params["strict"]:
            return "if_strict_pass"
        return "loose"

    @task.branch(task_id="if_strict_pass")
    def if_strict_pass_task(score_out):
        if score_out["auc"] > 0.8:
            return "strict_pass"
        return "strict_fail"

    @task(task_id="strict_pass")
    def strict_pass_task():
        return json_io(say)(text="strict pass")

    @task(task_id="strict_fail")
    def strict_fail_task():
        return json_io(say)(text="strict fail")

    @task(task_id="inner", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def inner_task(strict_pass, strict_fail):
        return next((v for v in [strict_pass, strict_fail] if v is not None), None)

    @task(task_id="loose")
    def loose_task():
        return json_io(say)(text="loose")

    @task(task_id="up", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def up_task(inner, loose):
        return next((v for v in [inner, loose] if v is not None), None)

    @task(task_id="down")
    def down_task():
        return json_io(say)(text="down")

    @task(task_id="outcome", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def outcome_task(up, down):
        return next((v for v in [up, down] if v is not None), None)

    @task(task_id="tell")
    def tell_task(outcome):
        return json_io(say)(text=outcome)

    score_out = score_task()
    if_strict_pass_3 = if_strict_pass_3_task(score_out)
    if_strict_pass_2 = if_strict_pass_2_task()
    if_strict_pass = if_strict_pass_task(score_out)
    strict_pass = strict_pass_task()
    strict_fail = strict_fail_task()
    inner = inner_task(strict_pass, strict_fail)
    loose = loose_task()
    up = up_task(inner, loose)
    down = down_task()
    outcome = outcome_task(up, down)
    tell_task(outcome)
    if_strict_pass_3 >> [if_strict_pass_2, down]
    if_strict_pass_2 >> [if_strict_pass, loose]
    if_strict_pass >> [strict_pass, strict_fail]


if __name__ == "__main__":
    dag.test()
