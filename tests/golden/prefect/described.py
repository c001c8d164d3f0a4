"""Doubles what it is given."""

# Made by pipeglot from pipeline "described", digest fc14fcc858be.

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


def double(n: int) -> int:
    return 2 * n


# golden: shared/json_io.py


# golden: shared/unfinished.py


double_task = task(json_io(double), name="double")


@flow(name="described")
def described(n: StrictInt = 2):
    """Doubles what it is given."""
    double = double_task.submit(n)
    runs = [double]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return double.result()


if __name__ == "__main__":
    described()
