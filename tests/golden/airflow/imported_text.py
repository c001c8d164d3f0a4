"""The pipeline imported_text."""

# Made by pipeglot from pipeline "imported_text", digest 2cc0159230cd.

import functools
import json
import textwrap
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


# golden: shared/kept.py


with DAG(dag_id="imported_text", schedule=None, catchup=False) as dag:

    @task(
        task_id="dedent",
        doc_md='Remove any common leading whitespace from every line in `text`.\n\nThis can be used to make triple-quoted strings line up with the left\nedge of the display, while still presenting them in the source code\nin indented form.\n\nNote that tabs and spaces are both treated as whitespace, but they\nare not equal: the lines "  hello" and "\\thello" are\nconsidered to have no common leading whitespace.\n\nEntirely blank lines are normalized to a newline character.',
    )
    def dedent_task():
        return kept(json_io(textwrap.dedent)(text="  indented"))

    @task(task_id="say")
    def say_task(dedent):
        return json_io(say)(text=dedent)

    dedent = dedent_task()
    say_task(dedent)


if __name__ == "__main__":
    dag.test()
