"""The pipeline condition_fails as a Prefect flow."""

# Made by pipeglot from pipeline "condition_fails", digest 8146e3063108.

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
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    return text


def fails(text: str = "") -> str:
    raise ValueError("told to fail")


# golden: shared/json_io.py


# golden: shared/unfinished.py


beside_task = task(json_io(say), name="beside", cache_policy=NO_CACHE)
yes_task = task(json_io(say), name="yes", cache_policy=NO_CACHE)
no_task = task(json_io(say), name="no", cache_policy=NO_CACHE)


@task(name="fails")
def fails_task():
    return json_io(fails)()


@flow(name="condition_fails")
def condition_fails():
    runs: list[Any] = []
    fails = fails_task.submit()
    beside = beside_task.submit(text="beside")
    if not unfinished(fails):
        if fails.result() == "x":
            yes = yes_task.submit(text="yes")
            runs += [yes]
        else:
            no = no_task.submit(text="no")
            runs += [no]
    runs += [fails, beside]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return beside.result()


if __name__ == "__main__":
    condition_fails()
