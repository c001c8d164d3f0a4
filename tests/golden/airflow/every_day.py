"""The pipeline every_day."""

# Made by pipeglot from pipeline "every_day", digest b43195bd0f2e.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, DeltaTriggerTimetable, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    """Give back what it is told."""
    return text


# golden: shared/json_io.py


def run_day(dag_run):
    """The run's day; without a logical date, that of its start."""
    when = dag_run.logical_date or dag_run.run_after
    return when.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%d")


with DAG(
    dag_id="every_day",
    schedule=DeltaTriggerTimetable(timedelta(days=1)),
    catchup=False,
) as dag:

    @task(task_id="say")
    def say_task(dag_run=None):
        return json_io(say)(text=f"{run_day(dag_run)}")

    say_task()


if __name__ == "__main__":
    dag.test()
