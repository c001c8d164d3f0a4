"""The pipeline too_slow."""

# Made by pipeglot from pipeline "too_slow", digest f00c72c3cc2c.

import functools
import json
import time
import traceback
import typing
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def slow(seconds: float) -> str:
    time.sleep(seconds)
    return "done"


def notify(text: str) -> str:
    return text


# golden: shared/json_io.py


with DAG(dag_id="too_slow", schedule=None, catchup=False) as dag:

    @task(task_id="slow", execution_timeout=timedelta(seconds=1))
    def slow_task():
        return json_io(slow)(seconds=2.5)

    @task(task_id="notify")
    def notify_task(slow_out):
        return json_io(notify)(text=slow_out)

    slow_out = slow_task()
    notify_task(slow_out)


if __name__ == "__main__":
    dag.test()
