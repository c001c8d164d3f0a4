"""The pipeline failing_leaf_beside_succeeding_join as a Prefect flow."""

# Made by pipeglot from pipeline "failing_leaf_beside_succeeding_join", digest 6283e84e143b.

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


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


# golden: shared/json_io.py


# golden: shared/unfinished.py


fails_task = task(json_io(fails), name="fails")


@task(name="one")
def one_task():
    return json_io(one)()


@task(name="add")
def add_task(a):
    return json_io(add)(a=a)


@flow(name="failing_leaf_beside_succeeding_join")
def failing_leaf_beside_succeeding_join():
    one = one_task.submit()
    fails = fails_task.submit(one)
    add = add_task.submit(one)
    runs = [one, fails, add]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return add.result()


if __name__ == "__main__":
    failing_leaf_beside_succeeding_join()
