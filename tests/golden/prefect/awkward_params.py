"""The pipeline awkward_params as a Prefect flow."""

# Made by pipeglot from pipeline "awkward_params", digest 03b4503f2506.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import StrictStr, TypeAdapter
from pydantic_core import to_jsonable_python


def echo(value: Any) -> Any:
    return value


DEFAULT_DATA: dict[str, Any] = {"{{ a }}": ["$x", None]}


# golden: shared/json_io.py


# golden: shared/unfinished.py


@task(name="echo")
def echo_task(text, data):
    return json_io(echo)(value=[text, data, f"<{text}>"])


@flow(name="awkward_params")
def awkward_params(
    text: StrictStr = '{{ ds }} o\'brien "x" \\',
    data: Any = DEFAULT_DATA,
):
    echo = echo_task.submit(text, data)
    runs = [echo]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return echo.result()


if __name__ == "__main__":
    awkward_params()
