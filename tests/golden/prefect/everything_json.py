"""The pipeline everything_json as a Prefect flow."""

# Made by pipeglot from pipeline "everything_json", digest 4468731bce40.

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


def echo(value: Any) -> Any:
    return value


# golden: shared/json_io.py


# golden: shared/unfinished.py


again_task = task(json_io(echo), name="again", cache_policy=NO_CACHE)


@task(name="echo")
def echo_task():
    return json_io(echo)(
        value=[
            0,
            -1,
            9007199254740992,
            -9007199254740992,
            0.1,
            1e300,
            5e-324,
            True,
            False,
            None,
            "",
            [],
            {},
            [[[]]],
            {"": {"": 0}},
        ],
    )


@flow(name="everything_json")
def everything_json():
    echo = echo_task.submit()
    again = again_task.submit(echo)
    runs = [echo, again]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return again.result()


if __name__ == "__main__":
    everything_json()
