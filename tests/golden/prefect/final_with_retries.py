"""The pipeline final_with_retries as a Prefect flow."""

# Made by pipeglot from pipeline "final_with_retries", digest fd8bf4f06c24.

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


number_task = task(json_io(number), name="number")
flaky_task = task(json_io(flaky), name="flaky", retries=2)


@flow(name="final_with_retries")
def final_with_retries():
    number = number_task.submit(n=1)
    runs = [number]
    failed = unfinished(runs)
    flaky = flaky_task.submit(key="e", failures=1)
    failed += unfinished(flaky)
    if failed:
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    final_with_retries()
