"""The pipeline context."""

# Made by pipeglot from pipeline "context", digest 770a64bf9397.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def notify(text: str) -> str:
    return text


# golden: shared/json_io.py


def run_instant(dag_run):
    """The run's logical date; without a logical date, that of its start."""
    when = dag_run.logical_date or dag_run.run_after
    return when.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")


def run_day(dag_run):
    """The run's day; without a logical date, that of its start."""
    when = dag_run.logical_date or dag_run.run_after
    return when.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%d")


with DAG(dag_id="context", schedule=None, catchup=False) as dag:

    @task(task_id="at")
    def at_task(dag_run=None):
        return json_io(notify)(text=f"{run_instant(dag_run)} {run_day(dag_run)}")

    at_task()


if __name__ == "__main__":
    dag.test()
