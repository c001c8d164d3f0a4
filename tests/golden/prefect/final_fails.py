"""The pipeline final_fails as a Prefect flow."""

# Made by pipeglot from pipeline "final_fails", digest 0851560526b0.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def number(n: int) -> int:
    return n


def notify_fails(text: str) -> str:
    raise ValueError("no mail today")


# golden: shared/json_io.py


# golden: shared/unfinished.py


number_task = task(json_io(number), name="number")
notify_fails_task = task(json_io(notify_fails), name="notify_fails")


@flow(name="final_fails")
def final_fails():
    number = number_task.submit(n=1)
    runs = [number]
    failed = unfinished(runs)
    notify_fails = notify_fails_task.submit("failed" if failed else "succeeded")
    failed += unfinished(notify_fails)
    if failed:
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    final_fails()
