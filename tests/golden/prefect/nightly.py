"""The pipeline nightly as a Prefect flow."""

# Made by pipeglot from pipeline "nightly", digest 3f78285f7e64.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from datetime import timezone
from typing import Any
from zoneinfo import ZoneInfo

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.runtime import flow_run
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    """Give back what it is told."""
    return text


# golden: shared/json_io.py


# golden: shared/unfinished.py


@task(name="say")
def say_task(logical_date, day):
    """Give back what it is told."""
    return json_io(say)(text=f"{logical_date} {day}")


@flow(name="nightly")
def nightly():
    scheduled = flow_run.scheduled_start_time
    logical_date = scheduled.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    day = scheduled.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%d")
    say = say_task.submit(logical_date, day)
    runs = [say]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return say.result()


if __name__ == "__main__":
    nightly()
