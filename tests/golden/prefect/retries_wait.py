"""The pipeline retries_wait as a Prefect flow."""

# Made by pipeglot from pipeline "retries_wait", digest e0236a89b96b.

import functools
import json
import os
import time
import traceback
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def waited(key: str, seconds: list[float]) -> list[bool]:
    """Fails before each of the waits, and says of each whether it was long enough."""
    log = Path(os.environ["PIPEGLOT_TEST_STATE"], key)
    with log.open("a") as file:
        file.write(f"{time.time()}\n")
    attempts = [float(line) for line in log.read_text().split()]
    if len(attempts) <= len(seconds):
        raise RuntimeError(f"attempt {len(attempts)}")
    gaps = [attempts[n + 1] - attempts[n] for n in range(len(seconds))]
    return [gap >= least for gap, least in zip(gaps, seconds, strict=True)]


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


@task(name="waited", retries=2, retry_delay_seconds=1)
def waited_task():
    """Fails before each of the waits, and says of each whether it was long enough."""
    return json_io(waited)(key="f", seconds=[1.0, 1.0])


@flow(name="retries_wait")
def retries_wait():
    waited = waited_task.submit()
    runs = [waited]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return waited.result()


if __name__ == "__main__":
    retries_wait()
