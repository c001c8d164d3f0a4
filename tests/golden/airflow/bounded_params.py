"""The pipeline bounded_params."""

# Made by pipeglot from pipeline "bounded_params", digest 6d0120a33e57.

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


# golden: shared/json_io.py


# golden: shared/kept.py


with DAG(
    dag_id="bounded_params",
    schedule=None,
    catchup=False,
    params={
        "n": Param(3, type="integer", maximum=9, minimum=1),
        "mode": Param("a", type="string", enum=["a", "b"]),
        "x": Param(None, anyOf=[{"type": "number"}, {"type": "null"}]),
    },
) as dag:

    @task(task_id="echo")
    def echo_task(params=None):
        return kept(json_io(echo)(value=[params["n"], params["mode"], params["x"]]))

    echo_task()


if __name__ == "__main__":
    dag.test()
