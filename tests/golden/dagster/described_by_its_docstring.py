"""One line."""

# Made by pipeglot from pipeline "described_by_its_docstring", digest ef82e7a889aa.

import functools
import json
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
@dg.op(name="described_by_its_docstring__say")
def say_op():
    """Give back what it is told."""
    return json_io(say)(text="done")


@dg.job(description='One line.\n\nAnd more of it, with `code` and "quotes".')
def described_by_its_docstring():
    say_op.alias("say")()


defs = dg.Definitions(jobs=[described_by_its_docstring])
