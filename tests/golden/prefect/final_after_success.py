"""The pipeline final_after_success as a Prefect flow."""

# Made by pipeglot from pipeline "final_after_success", digest 2f31ed6dfab5.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import StrictInt, TypeAdapter
from pydantic_core import to_jsonable_python


def number(n: int) -> int:
    return n


def notify(text: str) -> str:
    return text


# golden: shared/json_io.py


# golden: shared/unfinished.py


number_task = task(json_io(number), name="number")


@task(name="notify")
def notify_task(n, state):
    return json_io(notify)(text=f"run of {n}: {state}")


@flow(name="final_after_success")
def final_after_success(n: StrictInt = 2):
    number = number_task.submit(n)
    runs = [number]
    failed = unfinished(runs)
    notify = notify_task.submit(n, "failed" if failed else "succeeded")
    failed += unfinished(notify)
    if failed:
        return Failed(message=f"{len(failed)} task runs did not complete")
    return number.result()


if __name__ == "__main__":
    final_after_success()
