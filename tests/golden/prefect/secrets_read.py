"""The pipeline secrets_read as a Prefect flow."""

# Made by pipeglot from pipeline "secrets_read", digest c4dd7bfde634.

import functools
import hashlib
import json
import os
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def fetch(rows: int) -> str:
    return f"{rows} rows with {_digest(os.environ['CORPUS_TOKEN'])}"


def who() -> int:
    return len(os.environ["CORPUS_USER"])


# golden: shared/json_io.py


# golden: shared/unfinished.py


who_task = task(json_io(who), name="who")
fetch_task = task(json_io(fetch), name="fetch")


@flow(name="secrets_read")
def secrets_read():
    who = who_task.submit()
    fetch = fetch_task.submit(who)
    runs = [who, fetch]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return fetch.result()


if __name__ == "__main__":
    secrets_read()
