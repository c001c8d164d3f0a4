"""The pipeline retries_that_do_not."""

# Made by pipeglot from pipeline "retries_that_do_not", digest d424ddfb184a.

import functools
import json
import os
import traceback
import typing
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


# golden: shared/flaky.py


def number(n: int) -> int:
    return n


# golden: shared/json_io.py


with DAG(dag_id="retries_that_do_not", schedule=None, catchup=False) as dag:

    @task(task_id="flaky", retries=1, retry_delay=timedelta(seconds=0))
    def flaky_task():
        return json_io(flaky)(key="b", failures=5)

    @task(task_id="number")
    def number_task(flaky_out):
        return json_io(number)(n=flaky_out)

    flaky_out = flaky_task()
    number_task(flaky_out)


if __name__ == "__main__":
    dag.test()
