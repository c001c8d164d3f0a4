"""The pipeline bad_returns."""

# Made by pipeglot from pipeline "bad_returns", digest d2e7a854f4b4.

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


def number(n: int) -> int:
    return n


def not_a_number() -> float:
    return float("nan")


def wrong_type() -> int:
    return "three"  # type: ignore[return-value]


def too_large() -> int:
    return 2**60


# golden: shared/json_io.py


with DAG(dag_id="bad_returns", schedule=None, catchup=False) as dag:

    @task(task_id="not_a_number")
    def not_a_number_task():
        return json_io(not_a_number)()

    @task(task_id="wrong_type")
    def wrong_type_task():
        return json_io(wrong_type)()

    @task(task_id="too_large", retries=1, retry_delay=timedelta(seconds=0))
    def too_large_task():
        return json_io(too_large)()

    @task(task_id="number")
    def number_task():
        return json_io(number)(n=1)

    not_a_number_task()
    wrong_type_task()
    too_large_task()
    number_task()


if __name__ == "__main__":
    dag.test()
