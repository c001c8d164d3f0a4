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


def json_io(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let `fn` take and give plain JSON, built and checked by its annotations."""

    def exact(digits: str) -> int:
        if abs(int(digits)) > 2**53:
            raise ValueError(f"{digits} is beyond the 2**53 that JSON readers keep")
        return int(digits)

    @functools.wraps(fn)
    def call(**given: Any) -> Any:
        try:
            hints = typing.get_type_hints(fn, include_extras=True)
            types = {name: TypeAdapter(hint) for name, hint in hints.items()}
            built = {}
            for name, value in given.items():
                adapter = types.get(name, TypeAdapter(Any))
                built[name] = adapter.validate_json(json.dumps(value), strict=True)
            adapter = types.get("return", TypeAdapter(Any))
            result = adapter.validate_python(fn(**built), strict=True)
            plain = to_jsonable_python(result, inf_nan_mode="constants")
            text = json.dumps(plain, allow_nan=False, ensure_ascii=False)
            return json.loads(text.encode(), parse_int=exact)
        except Exception as error:
            try:
                f"{error}{traceback.format_exc()}".encode()
            except Exception:  # no engine could keep that
                told = ", ".join(map(ascii, error.args))
                raise type(type(error).__name__, (Exception,), {})(told) from None
            raise

    return call


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
