"""Doubles what it is given."""

# Made by pipeglot from pipeline "described", digest fc14fcc858be.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(n: int) -> int:
    return 2 * n


# golden: shared/json_io.py


with DAG(
    dag_id="described",
    description="Doubles what it is given.",
    schedule=None,
    catchup=False,
    params={"n": Param(2, type="integer")},
    default_args={"owner": "data-team"},
    tags=["daily", "credit"],
) as dag:

    @task(task_id="double")
    def double_task(params=None):
        return json_io(double)(n=params["n"])

    double_task()


if __name__ == "__main__":
    dag.test()
