"""The pipeline every_six_hours."""

# Made by pipeglot from pipeline "every_six_hours", digest 52129c8c842e.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, DeltaTriggerTimetable, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(n: int) -> int:
    return 2 * n


# golden: shared/json_io.py


with DAG(
    dag_id="every_six_hours",
    schedule=DeltaTriggerTimetable(timedelta(hours=6)),
    catchup=False,
) as dag:

    @task(task_id="double")
    def double_task():
        return json_io(double)(n=3)

    double_task()


if __name__ == "__main__":
    dag.test()
