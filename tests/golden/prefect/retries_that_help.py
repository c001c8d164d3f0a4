"""The pipeline retries_that_help as a Prefect flow."""

# Made by pipeglot from pipeline "retries_that_help", digest d46f9229c35a.

import functools
import json
import os
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


def flaky(key: str, failures: int) -> int:
    """Fails its first attempts, counted in a folder that outlives them."""
    counter = Path(os.environ["PIPEGLOT_TEST_STATE"], key)
    count = int(counter.read_text()) if counter.exists() else 0
    counter.write_text(str(count + 1))
    if count < failures:
        raise RuntimeError(f"attempt {count + 1}")
    return count


def number(n: int) -> int:
    return n


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


flaky_task = task(json_io(flaky), name="flaky", retries=2)
number_task = task(json_io(number), name="number")


@flow(name="retries_that_help")
def retries_that_help():
    flaky = flaky_task.submit(key="a", failures=2)
    number = number_task.submit(flaky)
    runs = [flaky, number]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return number.result()


if __name__ == "__main__":
    retries_that_help()
