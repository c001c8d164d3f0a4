"""The pipeline final_after_tolerated."""

# Made by pipeglot from pipeline "final_after_tolerated", digest 784276a4f878.

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


def notify(text: str) -> str:
    return text


# golden: shared/json_io.py


with DAG(dag_id="final_after_tolerated", schedule=None, catchup=False) as dag:

    @task(task_id="fails")
    def fails_task():
        return json_io(fails)()

    @task(task_id="fails_or_default", trigger_rule=TriggerRule.ALL_DONE)
    def fails_or_default_task(fails_out):
        if fails_out is None:
            return 0
        return fails_out

    @task(task_id="notify")
    def notify_task(ti=None, run_id=None):
        leaves = ["fails_or_default"]
        states = ti.get_task_states(ti.dag_id, task_ids=leaves, run_ids=[run_id])
        failed = {"failed", "upstream_failed"}.intersection(states[run_id].values())
        state = "failed" if failed else "succeeded"
        return json_io(notify)(text=f"state {state}")

    fails_out = fails_task()
    fails_or_default = fails_or_default_task(fails_out)
    end = EmptyOperator(task_id="end", trigger_rule=TriggerRule.NONE_FAILED)
    fails_or_default >> end
    # It runs whatever happened; `end`, beside it, keeps the state of the run.
    notify_out = notify_task().as_teardown(on_failure_fail_dagrun=True)
    fails_or_default >> notify_out


if __name__ == "__main__":
    dag.test()
