"""The pipeline template_like_tags."""

# Made by pipeglot from pipeline "template_like_tags", digest cc175fc5e170.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def echo(value: Any) -> Any:
    return value


# golden: shared/json_io.py


# golden: shared/kept.py


with DAG(
    dag_id="template_like_tags",
    schedule=None,
    catchup=False,
    tags=["{{ t }}"],
) as dag:

    @task(task_id="echo")
    def echo_task():
        return kept(json_io(echo)(value=1))

    echo_task()


if __name__ == "__main__":
    dag.test()
