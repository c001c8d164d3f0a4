"""The pipeline blocked_include as a Prefect flow."""

# Made by pipeglot from pipeline "blocked_include", digest 2956a40eae25.

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


def add(a: int, b: int = 10) -> int:
    return a + b


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


def one(n: int = 1) -> int:
    return n


# golden: shared/json_io.py


# golden: shared/unfinished.py


prepared_one_task = task(json_io(one), name="prepared.one")
prepared_add_task = task(json_io(add), name="prepared.add", cache_policy=NO_CACHE)
add_task = task(json_io(add), name="add", cache_policy=NO_CACHE)


@task(name="fails")
def fails_task():
    return json_io(fails)()


@flow(name="blocked_include")
def blocked_include():
    fails = fails_task.submit()
    prepared_one = prepared_one_task.submit(fails)
    prepared_add = prepared_add_task.submit(prepared_one, b=1, wait_for=[fails])
    add = add_task.submit(prepared_add, b=1)
    runs = [fails, prepared_one, prepared_add, add]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return add.result()


if __name__ == "__main__":
    blocked_include()
