"""The pipeline bad_returns as a Prefect flow."""

# Made by pipeglot from pipeline "bad_returns", digest d2e7a854f4b4.

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


def not_a_number() -> float:
    return float("nan")


def wrong_type() -> int:
    return "three"  # type: ignore[return-value]


def too_large() -> int:
    return 2**60


# golden: shared/json_io.py


# golden: shared/unfinished.py


not_a_number_task = task(json_io(not_a_number), name="not_a_number")
wrong_type_task = task(json_io(wrong_type), name="wrong_type")
too_large_task = task(json_io(too_large), name="too_large", retries=1)
number_task = task(json_io(number), name="number")


@flow(name="bad_returns")
def bad_returns():
    not_a_number = not_a_number_task.submit()
    wrong_type = wrong_type_task.submit()
    too_large = too_large_task.submit()
    number = number_task.submit(n=1)
    runs = [not_a_number, wrong_type, too_large, number]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    bad_returns()
