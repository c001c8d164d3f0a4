"""The pipeline conditions_of_all_kinds."""

# Made by pipeglot from pipeline "conditions_of_all_kinds", digest ce532871a377.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


with DAG(
    dag_id="conditions_of_all_kinds",
    schedule=None,
    catchup=False,
    params={
        "n": Param(3, type="integer"),
        "name": Param("b", type="string"),
        "x": Param(3.0, type="number"),
    },
) as dag:

    @task.branch(task_id="if_combined")
    def if_combined_task(params=None):
        if (
            params["n"] == params["x"]
            and params["name"] != "a"
            and (params["n"] > 5 or params["name"] in ("b", "c"))
        ):
            return "combined"
        return []

    @task(task_id="combined")
    def combined_task():
        return json_io(say)(text="combined")

    @task.branch(task_id="if_not_in")
    def if_not_in_task(params=None):
        if params["n"] in (1, 2):
            return "not_in"
        return []

    @task(task_id="not_in")
    def not_in_task():
        return json_io(say)(text="no")

    @task.branch(task_id="if_unequal")
    def if_unequal_task(params=None):
        if params["n"] != 3:
            return "unequal"
        return []

    @task(task_id="unequal")
    def unequal_task():
        return json_io(say)(text="no")

    @task.branch(task_id="if_bounds")
    def if_bounds_task(params=None):
        if params["n"] >= 3 and params["n"] <= 3 and params["x"] < 3.5:
            return "bounds"
        return []

    @task(task_id="bounds")
    def bounds_task():
        return json_io(say)(text="bounds")

    if_combined = if_combined_task()
    combined = combined_task()
    if_not_in = if_not_in_task()
    not_in = not_in_task()
    if_unequal = if_unequal_task()
    unequal = unequal_task()
    if_bounds = if_bounds_task()
    bounds = bounds_task()
    if_combined >> combined
    if_not_in >> not_in
    if_unequal >> unequal
    if_bounds >> bounds


if __name__ == "__main__":
    dag.test()
