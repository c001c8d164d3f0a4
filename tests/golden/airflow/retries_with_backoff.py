"""The pipeline retries_with_backoff."""

# Made by pipeglot from pipeline "retries_with_backoff", digest 6eae9e9a6bf0.

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


# golden: shared/json_io.py


with DAG(dag_id="retries_with_backoff", schedule=None, catchup=False) as dag:

    @task(
        task_id="flaky",
        retries=3,
        retry_delay=timedelta(seconds=1),
        retry_exponential_backoff=2.0,
        max_retry_delay=timedelta(seconds=2),
    )
    def flaky_task():
        return json_io(flaky)(key="c", failures=2)

    flaky_task()


if __name__ == "__main__":
    dag.test()
