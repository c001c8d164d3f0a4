"""The pipeline final_fails_after_failure."""

# Made by pipeglot from pipeline "final_fails_after_failure", digest 428ebbef7708.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TriggerRule, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


def notify_fails(text: str) -> str:
    raise ValueError("no mail today")


# golden: shared/json_io.py


with DAG(dag_id="final_fails_after_failure", schedule=None, catchup=False) as dag:

    @task(task_id="fails")
    def fails_task():
        return json_io(fails)()

    @task(task_id="notify_fails")
    def notify_fails_task(ti=None, run_id=None):
        leaves = ["fails"]
        states = ti.get_task_states(ti.dag_id, task_ids=leaves, run_ids=[run_id])
        failed = {"failed", "upstream_failed"}.intersection(states[run_id].values())
        state = "failed" if failed else "succeeded"
        return json_io(notify_fails)(text=state)

    fails_out = fails_task()
    end = EmptyOperator(task_id="end", trigger_rule=TriggerRule.NONE_FAILED)
    fails_out >> end
    # It runs whatever happened; `end`, beside it, keeps the state of the run.
    notify_fails_out = notify_fails_task().as_teardown(on_failure_fail_dagrun=True)
    fails_out >> notify_fails_out


if __name__ == "__main__":
    dag.test()
