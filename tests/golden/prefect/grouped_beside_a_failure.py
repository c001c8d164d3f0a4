"""The pipeline grouped_beside_a_failure as a Prefect flow."""

# Made by pipeglot from pipeline "grouped_beside_a_failure", digest 100c12bc679d.

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


below_task = task(json_io(add), name="below")
one_task = task(json_io(one), name="one")


@task(name="fails")
def fails_task():
    return json_io(fails)()


@flow(name="grouped_beside_a_failure")
def grouped_beside_a_failure():
    fails = fails_task.submit()
    below = below_task.submit(fails, b=1)
    one = one_task.submit(n=1)
    runs = [fails, below, one]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    grouped_beside_a_failure()
