"""The pipeline slow_but_in_time."""

# Made by pipeglot from pipeline "slow_but_in_time", digest 060b1848db2c.

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


# golden: shared/json_io.py


with DAG(dag_id="slow_but_in_time", schedule=None, catchup=False) as dag:

    @task(task_id="slow", execution_timeout=timedelta(seconds=30))
    def slow_task():
        return json_io(slow)(seconds=0.1)

    slow_task()


if __name__ == "__main__":
    dag.test()
