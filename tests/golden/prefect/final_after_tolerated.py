"""The pipeline final_after_tolerated as a Prefect flow."""

# Made by pipeglot from pipeline "final_after_tolerated", digest 784276a4f878.

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


def notify(text: str) -> str:
    return text


# golden: shared/json_io.py


# golden: shared/unfinished.py


@task(name="fails")
def fails_task():
    return json_io(fails)()


@task(name="or_default", cache_policy=NO_CACHE)
def or_default(outcome, default):
    """What a task gave, or the default that stands in when it failed."""
    return default if isinstance(outcome, BaseException) else outcome


@task(name="notify")
def notify_task(state):
    return json_io(notify)(text=f"state {state}")


@flow(name="final_after_tolerated")
def final_after_tolerated():
    fails = fails_task.submit()
    fails = or_default.submit(allow_failure(fails), 0)
    runs = [fails]
    failed = unfinished(runs)
    notify = notify_task.submit("failed" if failed else "succeeded")
    failed += unfinished(notify)
    if failed:
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    final_after_tolerated()
