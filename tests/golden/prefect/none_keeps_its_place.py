"""The pipeline none_keeps_its_place as a Prefect flow."""

# Made by pipeglot from pipeline "none_keeps_its_place", digest eb6ea6f7009e.

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


def odd_or_none(x: int) -> int | None:
    return x if x % 2 else None


def show(xs: list[int | None]) -> str:
    return ",".join(str(x) for x in xs)


# golden: shared/json_io.py


# golden: shared/unfinished.py


show_task = task(json_io(show), name="show")


@task(name="odd_or_none", task_run_name="odd_or_none[{index}]")
def odd_or_none_task(x, index):
    return json_io(odd_or_none)(x=x)


@flow(name="none_keeps_its_place")
def none_keeps_its_place():
    each_x_items = [1, 2, 3, 4]
    odd_or_none = odd_or_none_task.map(each_x_items, index=range(len(each_x_items)))
    show = show_task.submit(odd_or_none)
    runs = [odd_or_none, show]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return show.result()


if __name__ == "__main__":
    none_keeps_its_place()
