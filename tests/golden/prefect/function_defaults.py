"""The pipeline function_defaults as a Prefect flow."""

# Made by pipeglot from pipeline "function_defaults", digest 449323c302bf.

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


def defaults(a: int, b: int = 2, *, c: str = "c") -> str:
    return f"{a}{b}{c}"


# golden: shared/json_io.py


# golden: shared/unfinished.py


@task(name="defaults")
def defaults_task():
    return json_io(defaults)(a=1)


@task(name="given")
def given_task():
    return json_io(defaults)(a=1, b=3)


@task(name="named")
def named_task():
    return json_io(defaults)(a=1, c="z")


@flow(name="function_defaults")
def function_defaults():
    defaults = defaults_task.submit()
    given = given_task.submit()
    named = named_task.submit()
    runs = [defaults, given, named]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return named.result()


if __name__ == "__main__":
    function_defaults()
