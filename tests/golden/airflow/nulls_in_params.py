"""The pipeline nulls_in_params."""

# Made by pipeglot from pipeline "nulls_in_params", digest 7cc79704f120.

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
    dag_id="nulls_in_params",
    schedule=None,
    catchup=False,
    params={
        "given": Param(
            {"x": None, "y": [1, None]},
            type="object",
            additionalProperties=True,
        ),
        "rows": Param(
            [{"a": None}],
            type="array",
            items={"additionalProperties": True, "type": "object"},
        ),
        "scores": Param(
            {"a": 0.5},
            type="object",
            additionalProperties={"type": "number"},
        ),
    },
) as dag:

    @task(task_id="echo")
    def echo_task(params=None):
        return kept(
            json_io(echo)(value=[params["given"], params["rows"], params["scores"]]),
        )

    echo_task()


if __name__ == "__main__":
    dag.test()
