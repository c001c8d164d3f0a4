"""The pipeline tolerance_does_not_rescue_blocked as a Prefect flow."""

# Made by pipeglot from pipeline "tolerance_does_not_rescue_blocked", digest f3c0f8df7eb2.

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


@flow(name="tolerance_does_not_rescue_blocked")
def tolerance_does_not_rescue_blocked():
    fails = fails_task.submit()
    number = number_task.submit(fails)
    number = or_default.submit(allow_failure(number), 1, wait_for=[fails])
    show = show_task.submit(number)
    runs = [fails, number, show]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    tolerance_does_not_rescue_blocked()
