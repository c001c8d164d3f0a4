"""The pipeline day_of_the_schedule as a Prefect flow."""

# Made by pipeglot from pipeline "day_of_the_schedule", digest c8e4d32de753.

import functools
import json
import traceback
import typing
from collections.abc import Callable
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
def say_task(day):
    """Give back what it is told."""
    return json_io(say)(text=f"{day}")


@flow(name="day_of_the_schedule")
def day_of_the_schedule():
    scheduled = flow_run.scheduled_start_time
    day = scheduled.astimezone(ZoneInfo("America/New_York")).strftime("%Y-%m-%d")
    say = say_task.submit(day)
    runs = [say]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return say.result()


if __name__ == "__main__":
    day_of_the_schedule()
