"""The pipeline final_after_skips as a Prefect flow."""

# Made by pipeglot from pipeline "final_after_skips", digest 3d90d3b97148.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import StrictBool, TypeAdapter
from pydantic_core import to_jsonable_python


def number(n: int) -> int:
    return n


def notify(text: str) -> str:
    return text


# golden: shared/json_io.py


# golden: shared/unfinished.py


number_task = task(json_io(number), name="number")


@task(name="notify")
def notify_task(state):
    return json_io(notify)(text=f"state {state}")


@flow(name="final_after_skips")
def final_after_skips(go: StrictBool = False):
    runs: list[Any] = []
    if go:
        number = number_task.submit(n=1)
        runs += [number]
    failed = unfinished(runs)
    notify = notify_task.submit("failed" if failed else "succeeded")
    failed += unfinished(notify)
    if failed:
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    final_after_skips()
