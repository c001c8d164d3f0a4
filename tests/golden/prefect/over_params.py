"""The pipeline over_params as a Prefect flow."""

# Made by pipeglot from pipeline "over_params", digest 443aa8dc9aae.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import StrictInt, TypeAdapter
from pydantic_core import to_jsonable_python


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


DEFAULT_SIZES: list[Any] = [4, 5]


# golden: shared/json_io.py


# golden: shared/unfinished.py


total_task = task(json_io(total), name="total")


@task(name="double", task_run_name="double[{index}]")
def double_task(x, index):
    return json_io(double)(x=x, plus=1)


@flow(name="over_params")
def over_params(sizes: list[StrictInt] = DEFAULT_SIZES):
    double = double_task.map(sizes, index=range(len(sizes)))
    total = total_task.submit(double)
    runs = [double, total]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return total.result()


if __name__ == "__main__":
    over_params()
