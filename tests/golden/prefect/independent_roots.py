"""The pipeline independent_roots as a Prefect flow."""

# Made by pipeglot from pipeline "independent_roots", digest a65036dd6d38.

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


def one(n: int = 1) -> int:
    return n


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


# golden: shared/json_io.py


# golden: shared/unfinished.py


@task(name="r1")
def r1_task():
    return json_io(one)()


@task(name="r2")
def r2_task():
    return json_io(fails)()


@task(name="r3")
def r3_task():
    return json_io(one)()


@flow(name="independent_roots")
def independent_roots():
    r1 = r1_task.submit()
    r2 = r2_task.submit()
    r3 = r3_task.submit()
    runs = [r1, r2, r3]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    independent_roots()
