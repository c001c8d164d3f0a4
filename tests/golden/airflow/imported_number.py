"""The pipeline imported_number."""

# Made by pipeglot from pipeline "imported_number", digest d6681afbdfc1.

import calendar
import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


# golden: shared/json_io.py


# golden: shared/kept.py


with DAG(
    dag_id="imported_number",
    schedule=None,
    catchup=False,
    params={"year": Param(2028, type="integer")},
) as dag:

    @task(
        task_id="isleap",
        doc_md="Return True for leap years, False for non-leap years.",
    )
    def isleap_task(params=None):
        return kept(json_io(calendar.isleap)(year=params["year"]))

    isleap_task()


if __name__ == "__main__":
    dag.test()
