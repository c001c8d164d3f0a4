"""The pipeline final_after_success."""

# Made by pipeglot from pipeline "final_after_success", digest 2f31ed6dfab5.

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
    dag_id="final_after_success",
    schedule=None,
    catchup=False,
    params={"n": Param(2, type="integer")},
) as dag:

    @task(task_id="number")
    def number_task(params=None):
        return json_io(number)(n=params["n"])

    @task(task_id="notify")
    def notify_task(ti=None, run_id=None, params=None):
        leaves = ["number"]
        states = ti.get_task_states(ti.dag_id, task_ids=leaves, run_ids=[run_id])
        failed = {"failed", "upstream_failed"}.intersection(states[run_id].values())
        state = "failed" if failed else "succeeded"
        return json_io(notify)(text=f"run of {params['n']}: {state}")

    number_out = number_task()
    end = EmptyOperator(task_id="end", trigger_rule=TriggerRule.NONE_FAILED)
    number_out >> end
    # It runs whatever happened; `end`, beside it, keeps the state of the run.
    notify_out = notify_task().as_teardown(on_failure_fail_dagrun=True)
    number_out >> notify_out


if __name__ == "__main__":
    dag.test()
