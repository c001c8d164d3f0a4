"""The pipeline context as a Prefect flow."""

# Made by pipeglot from pipeline "context", digest 770a64bf9397.

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


def notify(text: str) -> str:
    return text


# golden: shared/json_io.py


# golden: shared/unfinished.py


@task(name="at")
def at_task(logical_date, day):
    return json_io(notify)(text=f"{logical_date} {day}")


@flow(name="context")
def context():
    scheduled = flow_run.scheduled_start_time
    logical_date = scheduled.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    day = scheduled.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%d")
    at = at_task.submit(logical_date, day)
    runs = [at]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return at.result()


if __name__ == "__main__":
    context()
