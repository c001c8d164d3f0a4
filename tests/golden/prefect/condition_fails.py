"""The pipeline condition_fails as a Prefect flow."""

# Made by pipeglot from pipeline "condition_fails", digest 8146e3063108.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    return text


def fails(text: str = "") -> str:
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


beside_task = task(json_io(say), name="beside", cache_policy=NO_CACHE)
yes_task = task(json_io(say), name="yes", cache_policy=NO_CACHE)
no_task = task(json_io(say), name="no", cache_policy=NO_CACHE)


@task(name="fails")
def fails_task():
    return json_io(fails)()


@flow(name="condition_fails")
def condition_fails():
    runs: list[Any] = []
    fails = fails_task.submit()
    beside = beside_task.submit(text="beside")
    if not unfinished(fails):
        if fails.result() == "x":
            yes = yes_task.submit(text="yes")
            runs += [yes]
        else:
            no = no_task.submit(text="no")
            runs += [no]
    runs += [fails, beside]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return beside.result()


if __name__ == "__main__":
    condition_fails()
