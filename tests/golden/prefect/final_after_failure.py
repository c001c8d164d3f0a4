"""The pipeline final_after_failure as a Prefect flow."""

# Made by pipeglot from pipeline "final_after_failure", digest b50be99f81c9.

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


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


def number(n: int) -> int:
    return n


def notify(text: str) -> str:
    return text


# golden: shared/json_io.py


# golden: shared/unfinished.py


number_task = task(json_io(number), name="number")


@task(name="fails")
def fails_task():
    return json_io(fails)()


@task(name="notify")
def notify_task(state):
    return json_io(notify)(text=f"state {state}")


@flow(name="final_after_failure")
def final_after_failure():
    fails = fails_task.submit()
    number = number_task.submit(fails)
    runs = [fails, number]
    failed = unfinished(runs)
    notify = notify_task.submit("failed" if failed else "succeeded")
    failed += unfinished(notify)
    if failed:
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    final_after_failure()
