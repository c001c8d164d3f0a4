"""The pipeline template_like_tags as a Prefect flow."""

# Made by pipeglot from pipeline "template_like_tags", digest cc175fc5e170.

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


def echo(value: Any) -> Any:
    return value


# golden: shared/json_io.py


# golden: shared/unfinished.py


echo_task = task(json_io(echo), name="echo")


@flow(name="template_like_tags")
def template_like_tags():
    echo = echo_task.submit(value=1)
    runs = [echo]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return echo.result()


if __name__ == "__main__":
    template_like_tags()
