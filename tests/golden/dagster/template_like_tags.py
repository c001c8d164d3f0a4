"""The pipeline template_like_tags as a Dagster job."""

# Made by pipeglot from pipeline "template_like_tags", digest cc175fc5e170.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def echo(value: Any) -> Any:
    return value


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="template_like_tags__echo")
def echo_op():
    return json_io(echo)(value=1)


@dg.job(metadata={"tags": ["{{ t }}"]})
def template_like_tags():
    echo_op.alias("echo")()


defs = dg.Definitions(jobs=[template_like_tags])
