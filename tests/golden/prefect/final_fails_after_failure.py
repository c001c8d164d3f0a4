"""The pipeline final_fails_after_failure as a Prefect flow."""

# Made by pipeglot from pipeline "final_fails_after_failure", digest 428ebbef7708.

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


def notify_fails(text: str) -> str:
    raise ValueError("no mail today")


# golden: shared/json_io.py


# golden: shared/unfinished.py


notify_fails_task = task(json_io(notify_fails), name="notify_fails")


@task(name="fails")
def fails_task():
    return json_io(fails)()


@flow(name="final_fails_after_failure")
def final_fails_after_failure():
    fails = fails_task.submit()
    runs = [fails]
    failed = unfinished(runs)
    notify_fails = notify_fails_task.submit("failed" if failed else "succeeded")
    failed += unfinished(notify_fails)
    if failed:
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    final_fails_after_failure()
