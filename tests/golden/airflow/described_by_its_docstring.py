"""One line."""

# Made by pipeglot from pipeline "described_by_its_docstring", digest ef82e7a889aa.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    """Give back what it is told."""
    return text


# golden: shared/json_io.py


with DAG(
    dag_id="described_by_its_docstring",
    description='One line.\n\nAnd more of it, with `code` and "quotes".',
    doc_md='One line.\n\nAnd more of it, with `code` and "quotes".',
    schedule=None,
    catchup=False,
) as dag:

    @task(task_id="say")
    def say_task():
        return json_io(say)(text="done")

    say_task()


if __name__ == "__main__":
    dag.test()
