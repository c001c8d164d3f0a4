"""The pipeline bounded_params as a Prefect flow."""

# Made by pipeglot from pipeline "bounded_params", digest 6d0120a33e57.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Annotated, Any, Literal

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import Field, StrictFloat, StrictInt, TypeAdapter
from pydantic_core import to_jsonable_python


def echo(value: Any) -> Any:
    return value


# golden: shared/json_io.py


# golden: shared/unfinished.py


@task(name="echo")
def echo_task(n, mode, x):
    return json_io(echo)(value=[n, mode, x])


@flow(name="bounded_params")
def bounded_params(
    n: Annotated[StrictInt, Field(ge=1, le=9)] = 3,
    mode: Literal["a", "b"] = "a",
    x: StrictFloat | StrictInt | None = None,
):
    echo = echo_task.submit(n, mode, x)
    runs = [echo]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return echo.result()


if __name__ == "__main__":
    bounded_params()
