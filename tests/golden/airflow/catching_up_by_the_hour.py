"""The pipeline catching_up_by_the_hour."""

# Made by pipeglot from pipeline "catching_up_by_the_hour", digest c9bf137dd87e.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import pendulum
from airflow.sdk import DAG, CronTriggerTimetable, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(n: int) -> int:
    return 2 * n


# golden: shared/json_io.py


with DAG(
    dag_id="catching_up_by_the_hour",
    schedule=CronTriggerTimetable("0 * * * *", timezone="UTC"),
    start_date=pendulum.datetime(2026, 2, 28, 12, tz="UTC"),
    catchup=True,
) as dag:

    @task(task_id="double")
    def double_task():
        return json_io(double)(n=1)

    double_task()


if __name__ == "__main__":
    dag.test()
