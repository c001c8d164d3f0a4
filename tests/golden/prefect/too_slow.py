"""The pipeline too_slow as a Prefect flow."""

# Made by pipeglot from pipeline "too_slow", digest f00c72c3cc2c.

import functools
import json
import time
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def slow(seconds: float) -> str:
    time.sleep(seconds)
    return "done"


def notify(text: str) -> str:
    return text


# golden: shared/json_io.py


# golden: shared/unfinished.py


slow_task = task(json_io(slow), name="slow", timeout_seconds=1)
notify_task = task(json_io(notify), name="notify")


@flow(name="too_slow")
def too_slow():
    slow = slow_task.submit(seconds=2.5)
    notify = notify_task.submit(slow)
    runs = [slow, notify]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    too_slow()
