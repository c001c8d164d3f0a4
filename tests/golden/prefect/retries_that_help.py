"""The pipeline retries_that_help as a Prefect flow."""

# Made by pipeglot from pipeline "retries_that_help", digest d46f9229c35a.

import functools
import json
import os
import traceback
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


# golden: shared/flaky.py


def number(n: int) -> int:
    return n


# golden: shared/json_io.py


# golden: shared/unfinished.py


flaky_task = task(json_io(flaky), name="flaky", retries=2)
number_task = task(json_io(number), name="number")


@flow(name="retries_that_help")
def retries_that_help():
    flaky = flaky_task.submit(key="a", failures=2)
    number = number_task.submit(flaky)
    runs = [flaky, number]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return number.result()


if __name__ == "__main__":
    retries_that_help()
