"""The pipeline day_of_the_schedule."""

# Made by pipeglot from pipeline "day_of_the_schedule", digest c8e4d32de753.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, CronTriggerTimetable, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    """Give back what it is told."""
    return text


# golden: shared/json_io.py


def run_day(dag_run):
    """The run's day; without a logical date, that of its start."""
    when = dag_run.logical_date or dag_run.run_after
    return when.astimezone(ZoneInfo("America/New_York")).strftime("%Y-%m-%d")


with DAG(
    dag_id="day_of_the_schedule",
    schedule=CronTriggerTimetable("30 0 * * 1-5", timezone="America/New_York"),
    catchup=False,
) as dag:

    @task(task_id="say")
    def say_task(dag_run=None):
        return json_io(say)(text=f"{run_day(dag_run)}")

    say_task()


if __name__ == "__main__":
    dag.test()
