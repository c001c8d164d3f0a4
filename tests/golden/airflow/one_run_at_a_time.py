"""The pipeline one_run_at_a_time."""

# Made by pipeglot from pipeline "one_run_at_a_time", digest d6b748fc74c0.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(n: int) -> int:
    return 2 * n


# golden: shared/json_io.py


with DAG(
    dag_id="one_run_at_a_time",
    schedule=None,
    catchup=False,
    max_active_runs=1,
) as dag:

    @task(task_id="double")
    def double_task():
        return json_io(double)(n=1)

    double_task()


if __name__ == "__main__":
    dag.test()
