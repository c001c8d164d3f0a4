"""The pipeline two_at_a_time."""

# Made by pipeglot from pipeline "two_at_a_time", digest 67ad470c2f58.

import functools
import json
import time
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, TriggerRule, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def total(xs: list[int]) -> int:
    return sum(xs)


def nap(x: int, seconds: float) -> int:
    """Long enough to meet another one that may run at the same time."""
    time.sleep(seconds)
    return x


# golden: shared/json_io.py


with DAG(
    dag_id="two_at_a_time",
    schedule=None,
    catchup=False,
    params={"count": Param(4, type="integer")},
) as dag:

    @task(task_id="numbers")
    def numbers_task(params=None):
        return json_io(numbers)(n=params["count"])

    @task(task_id="nap", max_active_tis_per_dagrun=2)
    def nap_task(each_x):
        return json_io(nap)(x=each_x, seconds=0.5)

    @task(task_id="total", trigger_rule=TriggerRule.NONE_FAILED)
    def total_task(nap_out):
        return json_io(total)(xs=list(nap_out))

    numbers_out = numbers_task()
    nap_out = nap_task.expand(each_x=numbers_out)
    total_task(nap_out)


if __name__ == "__main__":
    dag.test()
