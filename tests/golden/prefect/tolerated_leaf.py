"""The pipeline tolerated_leaf as a Prefect flow."""

# Made by pipeglot from pipeline "tolerated_leaf", digest 0aa5486a5a92.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import allow_failure, flow, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


def number(n: int) -> int:
    return n


# golden: shared/json_io.py


# golden: shared/unfinished.py


number_task = task(json_io(number), name="number")


@task(name="fails")
def fails_task():
    return json_io(fails)()


@task(name="or_default", cache_policy=NO_CACHE)
def or_default(outcome, default):
    """What a task gave, or the default that stands in when it failed."""
    return default if isinstance(outcome, BaseException) else outcome


@flow(name="tolerated_leaf")
def tolerated_leaf():
    number = number_task.submit(n=1)
    fails = fails_task.submit()
    fails = or_default.submit(allow_failure(fails), 0)
    runs = [number, fails]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    tolerated_leaf()
