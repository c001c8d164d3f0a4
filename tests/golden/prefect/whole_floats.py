"""The pipeline whole_floats as a Prefect flow."""

# Made by pipeglot from pipeline "whole_floats", digest aa2d9ca027fd.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import StrictFloat, StrictInt, TypeAdapter
from pydantic_core import to_jsonable_python


def echo(value: Any) -> Any:
    return value


def number(n: float) -> float:
    return n


def known(n: float, text: str) -> str:
    return f"{n} {text}"


# golden: shared/json_io.py


# golden: shared/unfinished.py


number_task = task(json_io(number), name="number", cache_policy=NO_CACHE)
large_task = task(json_io(number), name="large", cache_policy=NO_CACHE)


@task(name="known")
def known_task(n):
    return json_io(known)(n=n, text=f"{n}")


@task(name="inside")
def inside_task(number_2, large):
    return json_io(echo)(value=[number_2, large, {"a": number_2}])


@flow(name="whole_floats")
def whole_floats(n: StrictFloat | StrictInt = 2.0):
    number = number_task.submit(n)
    known = known_task.submit(number)
    large = large_task.submit(n=1e17)
    inside = inside_task.submit(number, large)
    runs = [number, known, large, inside]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return number.result()


if __name__ == "__main__":
    whole_floats()
