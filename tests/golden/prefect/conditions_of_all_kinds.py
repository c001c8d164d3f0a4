"""The pipeline conditions_of_all_kinds as a Prefect flow."""

# Made by pipeglot from pipeline "conditions_of_all_kinds", digest ce532871a377.

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
from pydantic import StrictFloat, StrictInt, StrictStr, TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
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


combined_task = task(json_io(say), name="combined", cache_policy=NO_CACHE)
not_in_task = task(json_io(say), name="not_in", cache_policy=NO_CACHE)
unequal_task = task(json_io(say), name="unequal", cache_policy=NO_CACHE)
bounds_task = task(json_io(say), name="bounds", cache_policy=NO_CACHE)


@flow(name="conditions_of_all_kinds")
def conditions_of_all_kinds(
    n: StrictInt = 3,
    name: StrictStr = "b",
    x: StrictFloat | StrictInt = 3.0,
):
    runs: list[Any] = []
    if n == x and name != "a" and (n > 5 or name in ("b", "c")):
        combined = combined_task.submit(text="combined")
        runs += [combined]
    if n in (1, 2):
        not_in = not_in_task.submit(text="no")
        runs += [not_in]
    if n != 3:
        unequal = unequal_task.submit(text="no")
        runs += [unequal]
    if n >= 3 and n <= 3 and x < 3.5:
        bounds = bounds_task.submit(text="bounds")
        runs += [bounds]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    conditions_of_all_kinds()
