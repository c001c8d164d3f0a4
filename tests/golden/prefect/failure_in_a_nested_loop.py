"""The pipeline failure_in_a_nested_loop as a Prefect flow."""

# Made by pipeglot from pipeline "failure_in_a_nested_loop", digest d9359e9ba9e0.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task, unmapped
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def fails_on(x: int, bad: int = 1) -> int:
    if x == bad:
        raise ValueError(f"told to fail on {bad}")
    return x


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


@task(name="fails_on", task_run_name="fails_on[{index}]")
def fails_on_task(x, bad, index):
    return json_io(fails_on)(x=x, bad=bad)


@task(name="double", task_run_name="double[{index}]")
def double_task(x, index):
    return json_io(double)(x=x)


@task(name="beside", task_run_name="beside[{index}]")
def beside_task(each_x_item, index):
    return json_io(say)(text=f"{each_x_item}")


@flow(name="failure_in_a_nested_loop")
def failure_in_a_nested_loop():
    runs: list[Any] = []
    each_x_items = [0, 1]
    for index, item in enumerate(each_x_items):
        each_y_items = [0, 1, 2]
        fails_on = fails_on_task.map(
            each_y_items,
            unmapped(item),
            index=[f"{index}.{n}" for n in range(len(each_y_items))],
        )
        double = double_task.map(
            fails_on,
            index=[f"{index}.{n}" for n in range(len(each_y_items))],
        )
        beside = beside_task.submit(item, index=index)
        runs += [fails_on, double, beside]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    failure_in_a_nested_loop()
