"""The pipeline tolerated_in_arm as a Prefect flow."""

# Made by pipeglot from pipeline "tolerated_in_arm", digest b148943c4f2a.

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
from pydantic import StrictBool, TypeAdapter
from pydantic_core import to_jsonable_python


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


def number(n: int) -> int:
    return n


def show(value: int | None) -> str:
    return f"got {value}"


# golden: shared/json_io.py


# golden: shared/unfinished.py


number_task = task(json_io(number), name="number")
show_task = task(json_io(show), name="show")


@task(name="fails")
def fails_task():
    return json_io(fails)()


@task(name="or_default", cache_policy=NO_CACHE)
def or_default(outcome, default):
    """What a task gave, or the default that stands in when it failed."""
    return default if isinstance(outcome, BaseException) else outcome


@flow(name="tolerated_in_arm")
def tolerated_in_arm(go: StrictBool = True):
    runs: list[Any] = []
    if go:
        fails = fails_task.submit()
        fails = or_default.submit(allow_failure(fails), 5)
        fails_merged = fails
        runs += [fails]
    else:
        number = number_task.submit(n=2)
        fails_merged = number
        runs += [number]
    show = show_task.submit(fails_merged)
    runs += [show]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return show.result()


if __name__ == "__main__":
    tolerated_in_arm()
