"""The pipeline empty_loop_in_an_arm as a Prefect flow."""

# Made by pipeglot from pipeline "empty_loop_in_an_arm", digest 46ecc8a0fa41.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import StrictBool, TypeAdapter
from pydantic_core import to_jsonable_python


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


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


@task(name="never", task_run_name="never[{index}]")
def never_task(x, index):
    return json_io(double)(x=x)


@task(name="last")
def last_task():
    return json_io(double)(x=2)


@flow(name="empty_loop_in_an_arm")
def empty_loop_in_an_arm(go: StrictBool = True):
    if_never_runs: list[Any] = []
    if go:
        each_n_items: list[Any] = []
        never = never_task.map(each_n_items, index=range(len(each_n_items)))
        if_never_runs += [never]
    last = last_task.submit(wait_for=[if_never_runs])
    runs = [if_never_runs, last]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return last.result()


if __name__ == "__main__":
    empty_loop_in_an_arm()
