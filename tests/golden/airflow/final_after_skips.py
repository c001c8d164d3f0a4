"""The pipeline final_after_skips."""

# Made by pipeglot from pipeline "final_after_skips", digest 3d90d3b97148.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Param, TriggerRule, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def number(n: int) -> int:
    return n


def notify(text: str) -> str:
    return text


# golden: shared/json_io.py


with DAG(
    dag_id="final_after_skips",
    schedule=None,
    catchup=False,
    params={"go": Param(False, type="boolean")},
) as dag:

    @task.branch(task_id="if_number")
    def if_number_task(params=None):
        if params["go"]:
            return "number"
        return []

    @task(task_id="number")
    def number_task():
        return json_io(number)(n=1)

    @task(task_id="notify")
    def notify_task(ti=None, run_id=None):
        leaves = ["number"]
        states = ti.get_task_states(ti.dag_id, task_ids=leaves, run_ids=[run_id])
        failed = {"failed", "upstream_failed"}.intersection(states[run_id].values())
        state = "failed" if failed else "succeeded"
        return json_io(notify)(text=f"state {state}")

    if_number = if_number_task()
    number_out = number_task()
    end = EmptyOperator(task_id="end", trigger_rule=TriggerRule.NONE_FAILED)
    if_number >> number_out
    number_out >> end
    # It runs whatever happened; `end`, beside it, keeps the state of the run.
    notify_out = notify_task().as_teardown(on_failure_fail_dagrun=True)
    number_out >> notify_out


if __name__ == "__main__":
    dag.test()
