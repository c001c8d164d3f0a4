"""One line."""

# Made by pipeglot from pipeline "described_by_its_docstring", digest ef82e7a889aa.

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


def say(text: str) -> str:
    """Give back what it is told."""
    return text


# golden: shared/json_io.py


# golden: shared/unfinished.py


say_task = task(json_io(say), name="say")


@flow(
    name="described_by_its_docstring",
    description='One line.\n\nAnd more of it, with `code` and "quotes".',
)
def described_by_its_docstring():
    say = say_task.submit(text="done")
    runs = [say]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return say.result()


if __name__ == "__main__":
    described_by_its_docstring()
