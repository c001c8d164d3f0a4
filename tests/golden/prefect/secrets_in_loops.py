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


def unfinished(*values):
    """Wait for the futures in `values`; give those that did not complete."""
    found = []
    for value in values:
        if isinstance(value, list):
            found += unfinished(*value)
        elif isinstance(value, PrefectFuture):
            value.wait()
            if not value.state.is_completed():
                found.append(value)
    return found


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
