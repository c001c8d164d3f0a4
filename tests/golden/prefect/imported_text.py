"""The pipeline imported_text as a Prefect flow."""

# Made by pipeglot from pipeline "imported_text", digest 2cc0159230cd.

import functools
import json
import textwrap
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


dedent_task = task(json_io(textwrap.dedent), name="dedent")
say_task = task(json_io(say), name="say")


@flow(name="imported_text")
def imported_text():
    dedent = dedent_task.submit(text="  indented")
    say = say_task.submit(dedent)
    runs = [dedent, say]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return say.result()


if __name__ == "__main__":
    imported_text()
