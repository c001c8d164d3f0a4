"""The pipeline diamond as a Prefect flow."""

# Made by pipeglot from pipeline "diamond", digest 66d067152382.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
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


# golden: shared/json_io.py


# golden: shared/unfinished.py


add_task = task(json_io(add), name="add", cache_policy=NO_CACHE)
right_task = task(json_io(add), name="right", cache_policy=NO_CACHE)


@task(name="one")
def one_task():
    return json_io(one)()


@task(name="total")
def total_task(add_2, right, one_2):
    return json_io(total)(xs=[add_2, right, one_2])


@flow(name="diamond")
def diamond():
    one = one_task.submit()
    add = add_task.submit(one, b=1)
    right = right_task.submit(one, b=2)
    total = total_task.submit(add, right, one)
    runs = [one, add, right, total]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return total.result()


if __name__ == "__main__":
    diamond()
