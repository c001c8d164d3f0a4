"""The pipeline two_days_at_most."""

# Made by pipeglot from pipeline "two_days_at_most", digest 274c0c2b22d7.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(n: int) -> int:
    return 2 * n


# golden: shared/json_io.py


with DAG(
    dag_id="two_days_at_most",
    schedule=None,
    catchup=False,
    dagrun_timeout=timedelta(days=2),
    params={"n": Param(2, type="integer")},
) as dag:

    @task(task_id="first")
    def first_task(params=None):
        return json_io(double)(n=params["n"])

    @task(task_id="double")
    def double_task(first):
        return json_io(double)(n=first)

    first = first_task()
    double_task(first)


if __name__ == "__main__":
    dag.test()
