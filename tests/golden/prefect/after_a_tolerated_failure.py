"""The pipeline after_a_tolerated_failure as a Prefect flow."""

# Made by pipeglot from pipeline "after_a_tolerated_failure", digest e0a29552da9c.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import allow_failure, flow, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


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


number_task = task(json_io(number), name="number")


@task(name="fails")
def fails_task():
    return json_io(fails)()


@task(name="or_default", cache_policy=NO_CACHE)
def or_default(outcome, default):
    """What a task gave, or the default that stands in when it failed."""
    return default if isinstance(outcome, BaseException) else outcome


@flow(name="after_a_tolerated_failure")
def after_a_tolerated_failure():
    fails = fails_task.submit()
    fails = or_default.submit(allow_failure(fails), 0)
    number = number_task.submit(n=1, wait_for=[fails])
    runs = [fails, number]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    after_a_tolerated_failure()
