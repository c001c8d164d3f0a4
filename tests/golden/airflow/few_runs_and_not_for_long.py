"""The pipeline few_runs_and_not_for_long."""

# Made by pipeglot from pipeline "few_runs_and_not_for_long", digest f0b0a1f127a2.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(n: int) -> int:
    return 2 * n


# golden: shared/json_io.py


with DAG(
    dag_id="few_runs_and_not_for_long",
    schedule=None,
    catchup=False,
    max_active_runs=3,
    dagrun_timeout=timedelta(hours=1),
) as dag:

    @task(task_id="double")
    def double_task():
        return json_io(double)(n=1)

    double_task()


if __name__ == "__main__":
    dag.test()
