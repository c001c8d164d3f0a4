"""The pipeline tolerated_default_none as a Prefect flow."""

# Made by pipeglot from pipeline "tolerated_default_none", digest 6fa4d2c6a999.

import functools
import json
import os
import traceback
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefect import allow_failure, flow, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


# golden: shared/flaky.py


def show(value: int | None) -> str:
    return f"got {value}"


# golden: shared/json_io.py


# golden: shared/unfinished.py


flaky_task = task(json_io(flaky), name="flaky", retries=1)
show_task = task(json_io(show), name="show")


@task(name="or_default", cache_policy=NO_CACHE)
def or_default(outcome, default):
    """What a task gave, or the default that stands in when it failed."""
    return default if isinstance(outcome, BaseException) else outcome


@flow(name="tolerated_default_none")
def tolerated_default_none():
    flaky = flaky_task.submit(key="d", failures=9)
    flaky = or_default.submit(allow_failure(flaky), 3)
    show = show_task.submit(flaky)
    runs = [flaky, show]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return show.result()


if __name__ == "__main__":
    tolerated_default_none()
