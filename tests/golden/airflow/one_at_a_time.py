"""The pipeline one_at_a_time."""

# Made by pipeglot from pipeline "one_at_a_time", digest 2d34a73bab30.

import functools
import json
import time
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def total(xs: list[int]) -> int:
    return sum(xs)


def nap(x: int, seconds: float) -> int:
    """Long enough to meet another one that may run at the same time."""
    time.sleep(seconds)
    return x


# golden: shared/json_io.py


with DAG(dag_id="one_at_a_time", schedule=None, catchup=False) as dag:

    @task(task_id="nap", max_active_tis_per_dagrun=1)
    def nap_task(each_x):
        return json_io(nap)(x=each_x, seconds=0.2)

    @task(task_id="total")
    def total_task(nap_out):
        return json_io(total)(xs=list(nap_out))

    nap_out = nap_task.expand(each_x=[1, 2, 3])
    total_task(nap_out)


if __name__ == "__main__":
    dag.test()
