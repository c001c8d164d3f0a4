"""The pipeline static as a Prefect flow."""

# Made by pipeglot from pipeline "static", digest 580fa7f9b994.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


# golden: shared/unfinished.py


total_task = task(json_io(total), name="total")


@task(name="double", task_run_name="double[{index}]")
def double_task(x, index):
    return json_io(double)(x=x)


@flow(name="static")
def static():
    each_x_items = [1, 2, 3]
    double = double_task.map(each_x_items, index=range(len(each_x_items)))
    total = total_task.submit(double)
    runs = [double, total]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return total.result()


if __name__ == "__main__":
    static()
