"""The pipeline final_with_retries."""

# Made by pipeglot from pipeline "final_with_retries", digest fd8bf4f06c24.

import functools
import json
import os
import traceback
import typing
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TriggerRule, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


# golden: shared/flaky.py


def number(n: int) -> int:
    return n


# golden: shared/json_io.py


with DAG(dag_id="final_with_retries", schedule=None, catchup=False) as dag:

    @task(task_id="number")
    def number_task():
        return json_io(number)(n=1)

    @task(task_id="flaky", retries=2, retry_delay=timedelta(seconds=0))
    def flaky_task():
        return json_io(flaky)(key="e", failures=1)

    number_out = number_task()
    end = EmptyOperator(task_id="end", trigger_rule=TriggerRule.NONE_FAILED)
    number_out >> end
    # It runs whatever happened; `end`, beside it, keeps the state of the run.
    flaky_out = flaky_task().as_teardown(on_failure_fail_dagrun=True)
    number_out >> flaky_out


if __name__ == "__main__":
    dag.test()
