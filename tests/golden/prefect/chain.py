"""The pipeline chain as a Prefect flow."""

# Made by pipeglot from pipeline "chain", digest f99d95fd59ee.

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
from pydantic import StrictInt, TypeAdapter
from pydantic_core import to_jsonable_python


def one(n: int = 1) -> int:
    return n


def add(a: int, b: int = 10) -> int:
    return a + b


# golden: shared/json_io.py


# golden: shared/unfinished.py


one_task = task(json_io(one), name="one")
add_task = task(json_io(add), name="add", cache_policy=NO_CACHE)


@task(name="last")
def last_task(a):
    return json_io(add)(a=a)


@flow(name="chain")
def chain(start: StrictInt = 1):
    one = one_task.submit(start)
    add = add_task.submit(one, b=2)
    last = last_task.submit(add)
    runs = [one, add, last]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return last.result()


if __name__ == "__main__":
    chain()
