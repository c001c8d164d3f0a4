"""The pipeline after_a_branch_with_a_branch_in_a_loop as a Prefect flow."""

# Made by pipeglot from pipeline "after_a_branch_with_a_branch_in_a_loop", digest 99a51ebe9279.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


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


def for_each(function, items):
    """`function(index, item)` for all items at once, in threads of the flow run."""
    with ThreadPoolExecutor(len(items) or 1) as pool:
        futures = [
            pool.submit(copy_context().run, function, index, item)
            for index, item in enumerate(items)
        ]
    return [future.result() for future in futures]


numbers_task = task(json_io(numbers), name="numbers")


@task(name="one", task_run_name="one[{index}]")
def one_task(index):
    return json_io(say)(text="one")


@task(name="not_one", task_run_name="not_one[{index}]")
def not_one_task(index):
    return json_io(say)(text="not one")


@task(name="after", task_run_name="after[{index}]")
def after_task(each_x_item, index):
    return json_io(say)(text=f"after {each_x_item}")


@flow(name="after_a_branch_with_a_branch_in_a_loop")
def after_a_branch_with_a_branch_in_a_loop():
    runs: list[Any] = []
    numbers = numbers_task.submit(n=4)
    if not unfinished(numbers):
        each_x_items = numbers.result()

        def each_x_item(index, item):
            if_one_2_runs: list[Any] = []
            if item < 3:
                if item == 1:
                    one = one_task.submit(index=index)
                    if_one_2_runs += [one]
                else:
                    not_one = not_one_task.submit(index=index)
                    if_one_2_runs += [not_one]
            after = after_task.submit(item, index=index, wait_for=[if_one_2_runs])
            runs.extend([if_one_2_runs, after])

        for_each(each_x_item, each_x_items)
    runs += [numbers]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    after_a_branch_with_a_branch_in_a_loop()
