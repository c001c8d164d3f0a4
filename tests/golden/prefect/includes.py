"""The pipeline includes as a Prefect flow."""

# Made by pipeglot from pipeline "includes", digest e5fbf7b9f3b9.

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


def total(xs: list[int]) -> int:
    return sum(xs)


def add(a: int, b: int = 10) -> int:
    return a + b


# golden: shared/json_io.py


# golden: shared/unfinished.py


one_task = task(json_io(one), name="one", cache_policy=NO_CACHE)
prepared_one_task = task(json_io(one), name="prepared.one", cache_policy=NO_CACHE)
prepared_add_task = task(json_io(add), name="prepared.add", cache_policy=NO_CACHE)
again_one_task = task(json_io(one), name="again.one", cache_policy=NO_CACHE)
again_add_task = task(json_io(add), name="again.add", cache_policy=NO_CACHE)


@task(name="total")
def total_task(prepared_add, again_add):
    return json_io(total)(xs=[prepared_add, again_add])


@flow(name="includes")
def includes():
    one = one_task.submit(n=7)
    prepared_one = prepared_one_task.submit(one)
    prepared_add = prepared_add_task.submit(prepared_one, b=1, wait_for=[one])
    again_one = again_one_task.submit(n=2)
    again_add = again_add_task.submit(again_one, b=1)
    total = total_task.submit(prepared_add, again_add)
    runs = [one, prepared_one, prepared_add, again_one, again_add, total]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return total.result()


if __name__ == "__main__":
    includes()
