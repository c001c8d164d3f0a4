"""The pipeline whole_floats as a Prefect flow."""

# Made by pipeglot from pipeline "whole_floats", digest aa2d9ca027fd.

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
from pydantic import StrictFloat, StrictInt, TypeAdapter
from pydantic_core import to_jsonable_python


def echo(value: Any) -> Any:
    return value


def number(n: float) -> float:
    return n


def known(n: float, text: str) -> str:
    return f"{n} {text}"


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


number_task = task(json_io(number), name="number", cache_policy=NO_CACHE)
large_task = task(json_io(number), name="large", cache_policy=NO_CACHE)


@task(name="known")
def known_task(n):
    return json_io(known)(n=n, text=f"{n}")


@task(name="inside")
def inside_task(number_2, large):
    return json_io(echo)(value=[number_2, large, {"a": number_2}])


@flow(name="whole_floats")
def whole_floats(n: StrictFloat | StrictInt = 2.0):
    number = number_task.submit(n)
    known = known_task.submit(number)
    large = large_task.submit(n=1e17)
    inside = inside_task.submit(number, large)
    runs = [number, known, large, inside]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return number.result()


if __name__ == "__main__":
    whole_floats()
