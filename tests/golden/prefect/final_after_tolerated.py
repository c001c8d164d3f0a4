"""The pipeline final_after_tolerated as a Prefect flow."""

# Made by pipeglot from pipeline "final_after_tolerated", digest 784276a4f878.

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


def notify(text: str) -> str:
    return text


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


@task(name="fails")
def fails_task():
    return json_io(fails)()


@task(name="or_default", cache_policy=NO_CACHE)
def or_default(outcome, default):
    """What a task gave, or the default that stands in when it failed."""
    return default if isinstance(outcome, BaseException) else outcome


@task(name="notify")
def notify_task(state):
    return json_io(notify)(text=f"state {state}")


@flow(name="final_after_tolerated")
def final_after_tolerated():
    fails = fails_task.submit()
    fails = or_default.submit(allow_failure(fails), 0)
    runs = [fails]
    failed = unfinished(runs)
    notify = notify_task.submit("failed" if failed else "succeeded")
    failed += unfinished(notify)
    if failed:
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    final_after_tolerated()
