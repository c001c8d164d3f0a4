"""The pipeline nulls_in_params as a Prefect flow."""

# Made by pipeglot from pipeline "nulls_in_params", digest 7cc79704f120.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import StrictFloat, StrictInt, StrictStr, TypeAdapter
from pydantic_core import to_jsonable_python


def echo(value: Any) -> Any:
    return value


DEFAULT_GIVEN: dict[str, Any] = {"x": None, "y": [1, None]}


DEFAULT_ROWS: list[Any] = [{"a": None}]


DEFAULT_SCORES: dict[str, Any] = {"a": 0.5}


# golden: shared/json_io.py


# golden: shared/unfinished.py


@task(name="echo")
def echo_task(given, rows, scores):
    return json_io(echo)(value=[given, rows, scores])


@flow(name="nulls_in_params")
def nulls_in_params(
    given: dict[StrictStr, Any] = DEFAULT_GIVEN,
    rows: list[dict[StrictStr, Any]] = DEFAULT_ROWS,
    scores: dict[StrictStr, StrictFloat | StrictInt] = DEFAULT_SCORES,
):
    echo = echo_task.submit(given, rows, scores)
    runs = [echo]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return echo.result()


if __name__ == "__main__":
    nulls_in_params()
