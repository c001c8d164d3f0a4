"""The pipeline failure_blocks_below_not_beside as a Prefect flow."""

# Made by pipeglot from pipeline "failure_blocks_below_not_beside", digest f8b7178e3ef8.

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


def one(n: int = 1) -> int:
    return n


def add(a: int, b: int = 10) -> int:
    return a + b


def total(xs: list[int]) -> int:
    return sum(xs)


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


# golden: shared/json_io.py


# golden: shared/unfinished.py


one_task = task(json_io(one), name="one")


@task(name="fails")
def fails_task():
    return json_io(fails)()


@task(name="add")
def add_task(a):
    return json_io(add)(a=a)


@task(name="total")
def total_task(add_2):
    return json_io(total)(xs=[add_2])


@task(name="beside_too")
def beside_too_task(a):
    return json_io(add)(a=a)


@flow(name="failure_blocks_below_not_beside")
def failure_blocks_below_not_beside():
    fails = fails_task.submit()
    add = add_task.submit(fails)
    total = total_task.submit(add)
    one = one_task.submit(n=5)
    beside_too = beside_too_task.submit(one)
    runs = [fails, add, total, one, beside_too]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return beside_too.result()


if __name__ == "__main__":
    failure_blocks_below_not_beside()
