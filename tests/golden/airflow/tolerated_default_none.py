"""The pipeline tolerated_default_none."""

# Made by pipeglot from pipeline "tolerated_default_none", digest 6fa4d2c6a999.

import functools
import json
import os
import traceback
import typing
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, TriggerRule, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


# golden: shared/flaky.py


def show(value: int | None) -> str:
    return f"got {value}"


# golden: shared/json_io.py


with DAG(dag_id="tolerated_default_none", schedule=None, catchup=False) as dag:

    @task(task_id="flaky", retries=1, retry_delay=timedelta(seconds=0))
    def flaky_task():
        return json_io(flaky)(key="d", failures=9)

    @task(task_id="flaky_or_default", trigger_rule=TriggerRule.ALL_DONE)
    def flaky_or_default_task(flaky_out):
        if flaky_out is None:
            return 3
        return flaky_out

    @task(task_id="show")
    def show_task(flaky_or_default):
        return json_io(show)(value=flaky_or_default)

    flaky_out = flaky_task()
    flaky_or_default = flaky_or_default_task(flaky_out)
    show_task(flaky_or_default)


if __name__ == "__main__":
    dag.test()
