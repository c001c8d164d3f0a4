"""The pipeline secrets_read as a Dagster job."""

# Made by pipeglot from pipeline "secrets_read", digest c4dd7bfde634.

import functools
import hashlib
import json
import os
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def fetch(rows: int) -> str:
    return f"{rows} rows with {_digest(os.environ['CORPUS_TOKEN'])}"


def who() -> int:
    return len(os.environ["CORPUS_USER"])


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="secrets_read__who")
def who_op():
    return json_io(who)()


@dg.op(
    name="secrets_read__fetch",
    tags={
        "dagster-k8s/config": {
            "container_config": {
                "env": [
                    {
                        "name": "CORPUS_TOKEN",
                        "value_from": {
                            "secret_key_ref": {"name": "corpus", "key": "token"},
                        },
                    },
                ],
            },
        },
    },
)
def fetch_op(rows):
    return json_io(fetch)(rows=rows)


@dg.job
def secrets_read():
    who = who_op.alias("who")()
    fetch_op.alias("fetch")(rows=who)


defs = dg.Definitions(jobs=[secrets_read])
