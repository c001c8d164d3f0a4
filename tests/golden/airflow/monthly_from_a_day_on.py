"""The pipeline monthly_from_a_day_on."""

# Made by pipeglot from pipeline "monthly_from_a_day_on", digest 7a12c828747f.

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
    dag_id="monthly_from_a_day_on",
    schedule=CronTriggerTimetable("0 2 1 * *", timezone="Europe/Berlin"),
    start_date=pendulum.datetime(2025, 12, 1, tz="UTC"),
    catchup=False,
) as dag:

    @task(task_id="double")
    def double_task():
        return json_io(double)(n=1)

    double_task()


if __name__ == "__main__":
    dag.test()
