"""The pipeline failure_blocks_below_not_beside as a Prefect flow."""

# Made by pipeglot from pipeline "failure_blocks_below_not_beside", digest f8b7178e3ef8.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def one(n: int = 1) -> int:
    return n


def add(a: int, b: int = 10) -> int:
    return a + b


def total(xs: list[int]) -> int:
    return sum(xs)


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


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


one_task = task(json_io(one), name="one")


@task(name="fails")
def fails_task():
    return json_io(fails)()


@task(name="add")
def add_task(a):
    return json_io(add)(a=a)


@task(name="total")
def total_task(add_2):
    return json_io(total)(xs=[add_2])


@task(name="beside_too")
def beside_too_task(a):
    return json_io(add)(a=a)


@flow(name="failure_blocks_below_not_beside")
def failure_blocks_below_not_beside():
    fails = fails_task.submit()
    add = add_task.submit(fails)
    total = total_task.submit(add)
    one = one_task.submit(n=5)
    beside_too = beside_too_task.submit(one)
    runs = [fails, add, total, one, beside_too]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return beside_too.result()


if __name__ == "__main__":
    failure_blocks_below_not_beside()
