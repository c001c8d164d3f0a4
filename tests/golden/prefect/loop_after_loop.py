"""The pipeline loop_after_loop as a Prefect flow."""

# Made by pipeglot from pipeline "loop_after_loop", digest e00da8b9a9ce.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture, resolve_futures_to_results
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


numbers_task = task(json_io(numbers), name="numbers")
total_task = task(json_io(total), name="total")


@task(name="double", task_run_name="double[{index}]")
def double_task(x, index):
    return json_io(double)(x=x)


@task(name="again", task_run_name="again[{index}]")
def again_task(x, index):
    return json_io(double)(x=x)


@flow(name="loop_after_loop")
def loop_after_loop():
    runs: list[Any] = []
    numbers = numbers_task.submit(n=3)
    if stopped := unfinished(numbers):
        double = stopped
    else:
        each_x_items = numbers.result()
        double = double_task.map(each_x_items, index=range(len(each_x_items)))
        runs += [double]
    if stopped := unfinished(double):
        again = stopped
    else:
        each_v_items = resolve_futures_to_results(double)
        again = again_task.map(each_v_items, index=range(len(each_v_items)))
        runs += [again]
    total = total_task.submit(again)
    runs += [numbers, total]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return total.result()


if __name__ == "__main__":
    loop_after_loop()
