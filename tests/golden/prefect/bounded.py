"""The pipeline bounded as a Prefect flow."""

# Made by pipeglot from pipeline "bounded", digest 1bf6f48766f6.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import allow_failure, flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


# golden: shared/unfinished.py


def lane(runs, width):
    """The run `width` places back, however it ended: at most `width` run at once."""
    return [allow_failure(run) for run in runs[-width:][:1] if len(runs) >= width]


numbers_task = task(json_io(numbers), name="numbers")
total_task = task(json_io(total), name="total")


@task(name="double", task_run_name="double[{index}]")
def double_task(x, index):
    return json_io(double)(x=x)


@task(name="second", task_run_name="second[{index}]")
def second_task(x, index):
    return json_io(double)(x=x)


@flow(name="bounded")
def bounded():
    runs: list[Any] = []
    numbers = numbers_task.submit(n=5)
    if stopped := unfinished(numbers):
        second_list = stopped
    else:
        each_x_items = numbers.result()
        double_runs: list[Any] = []
        second_runs: list[Any] = []
        second_list = []
        for index, item in enumerate(each_x_items):
            double = double_task.submit(
                item,
                index=index,
                wait_for=lane(double_runs, 2),
            )
            double_runs.append(double)
            second = second_task.submit(
                double,
                index=index,
                wait_for=lane(second_runs, 2),
            )
            second_runs.append(second)
            second_list.append(second)
            runs += [double, second]
    total = total_task.submit(second_list)
    runs += [numbers, total]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return total.result()


if __name__ == "__main__":
    bounded()
