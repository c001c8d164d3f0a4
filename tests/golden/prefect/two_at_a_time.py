"""The pipeline two_at_a_time as a Prefect flow."""

# Made by pipeglot from pipeline "two_at_a_time", digest 67ad470c2f58.

import functools
import json
import time
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import allow_failure, flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import StrictInt, TypeAdapter
from pydantic_core import to_jsonable_python


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def total(xs: list[int]) -> int:
    return sum(xs)


def nap(x: int, seconds: float) -> int:
    """Long enough to meet another one that may run at the same time."""
    time.sleep(seconds)
    return x


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


def lane(runs, width):
    """The run `width` places back, however it ended: at most `width` run at once."""
    return [allow_failure(run) for run in runs[-width:][:1] if len(runs) >= width]


numbers_task = task(json_io(numbers), name="numbers")
total_task = task(json_io(total), name="total")


@task(name="nap", task_run_name="nap[{index}]")
def nap_task(x, index):
    """Long enough to meet another one that may run at the same time."""
    return json_io(nap)(x=x, seconds=0.5)


@flow(name="two_at_a_time")
def two_at_a_time(count: StrictInt = 4):
    runs: list[Any] = []
    numbers = numbers_task.submit(count)
    if stopped := unfinished(numbers):
        nap_list = stopped
    else:
        each_x_items = numbers.result()
        nap_runs: list[Any] = []
        nap_list = []
        for index, item in enumerate(each_x_items):
            nap = nap_task.submit(item, index=index, wait_for=lane(nap_runs, 2))
            nap_runs.append(nap)
            nap_list.append(nap)
            runs += [nap]
    total = total_task.submit(nap_list)
    runs += [numbers, total]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return total.result()


if __name__ == "__main__":
    two_at_a_time()
