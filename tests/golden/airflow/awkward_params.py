"""The pipeline awkward_params."""

# Made by pipeglot from pipeline "awkward_params", digest 03b4503f2506.

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
    dag_id="awkward_params",
    schedule=None,
    catchup=False,
    params={
        "text": Param('{{ ds }} o\'brien "x" \\', type="string"),
        "data": Param({"{{ a }}": ["$x", None]}),
    },
) as dag:

    @task(task_id="echo")
    def echo_task(params=None):
        return kept(
            json_io(echo)(
                value=[params["text"], params["data"], f"<{params['text']}>"],
            ),
        )

    echo_task()


if __name__ == "__main__":
    dag.test()
