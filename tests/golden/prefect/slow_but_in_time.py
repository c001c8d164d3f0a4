"""The pipeline slow_but_in_time as a Prefect flow."""

# Made by pipeglot from pipeline "slow_but_in_time", digest 060b1848db2c.

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


# golden: shared/json_io.py


# golden: shared/unfinished.py


slow_task = task(json_io(slow), name="slow", timeout_seconds=30)


@flow(name="slow_but_in_time")
def slow_but_in_time():
    slow = slow_task.submit(seconds=0.1)
    runs = [slow]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    slow_but_in_time()
