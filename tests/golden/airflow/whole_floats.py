"""The pipeline whole_floats."""

# Made by pipeglot from pipeline "whole_floats", digest aa2d9ca027fd.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def echo(value: Any) -> Any:
    return value


def number(n: float) -> float:
    return n


def known(n: float, text: str) -> str:
    return f"{n} {text}"


# golden: shared/json_io.py


# golden: shared/kept.py


with DAG(
    dag_id="whole_floats",
    schedule=None,
    catchup=False,
    params={"n": Param(2.0, type="number")},
) as dag:

    @task(task_id="number")
    def number_task(params=None):
        return json_io(number)(n=params["n"])

    @task(task_id="known")
    def known_task(number_out):
        return json_io(known)(n=float(number_out), text=f"{float(number_out)}")

    @task(task_id="large")
    def large_task():
        return json_io(number)(n=1e17)

    @task(task_id="inside")
    def inside_task(number_out, large):
        return kept(
            json_io(echo)(
                value=[float(number_out), float(large), {"a": float(number_out)}],
            ),
        )

    number_out = number_task()
    known_task(number_out)
    large = large_task()
    inside_task(number_out, large)


if __name__ == "__main__":
    dag.test()
