"""The pipeline imported_text as a Dagster job."""

# Made by pipeglot from pipeline "imported_text", digest 2cc0159230cd.

import functools
import json
import textwrap
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    """Give back what it is told."""
    return text


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(
    name="imported_text__dedent",
    description='Remove any common leading whitespace from every line in `text`.\n\nThis can be used to make triple-quoted strings line up with the left\nedge of the display, while still presenting them in the source code\nin indented form.\n\nNote that tabs and spaces are both treated as whitespace, but they\nare not equal: the lines "  hello" and "\\thello" are\nconsidered to have no common leading whitespace.\n\nEntirely blank lines are normalized to a newline character.',
)
def dedent_op():
    return json_io(textwrap.dedent)(text="  indented")


@dg.op(name="imported_text__say")
def say_op(text):
    """Give back what it is told."""
    return json_io(say)(text=text)


@dg.job
def imported_text():
    dedent = dedent_op.alias("dedent")()
    say_op.alias("say")(text=dedent)


defs = dg.Definitions(jobs=[imported_text])
