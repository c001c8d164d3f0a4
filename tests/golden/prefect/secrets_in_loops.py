"""The pipeline secrets_in_loops as a Prefect flow."""

# Made by pipeglot from pipeline "secrets_in_loops", digest a525bfc8134e.

import functools
import hashlib
import json
import os
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture, resolve_futures_to_results
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def fetch(rows: int) -> str:
    return f"{rows} rows with {_digest(os.environ['CORPUS_TOKEN'])}"


# golden: shared/json_io.py


# golden: shared/unfinished.py


audit_task = task(json_io(fetch), name="audit", cache_policy=NO_CACHE)


@task(name="fetch", task_run_name="fetch[{index}]")
def fetch_task(rows, index):
    return json_io(fetch)(rows=rows)


@flow(name="secrets_in_loops")
def secrets_in_loops():
    each_n_items = [1, 2]
    fetch = fetch_task.map(each_n_items, index=range(len(each_n_items)))
    runs = [fetch]
    failed = unfinished(runs)
    audit = audit_task.submit(rows=0)
    failed += unfinished(audit)
    if failed:
        return Failed(message=f"{len(failed)} task runs did not complete")
    return resolve_futures_to_results(fetch)


if __name__ == "__main__":
    secrets_in_loops()
