"""The pipeline runtime_in_static as a Prefect flow."""

# Made by pipeglot from pipeline "runtime_in_static", digest 51b489a937e8.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from prefect import flow, task, unmapped
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


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


outer_task = task(json_io(total), name="outer", cache_policy=NO_CACHE)


@task(name="numbers", task_run_name="numbers[{index}]")
def numbers_task(n, index):
    return json_io(numbers)(n=n)


@task(name="double", task_run_name="double[{index}]")
def double_task(x, plus, index):
    return json_io(double)(x=x, plus=plus)


@task(name="inner", task_run_name="inner[{index}]")
def inner_task(xs, index):
    return json_io(total)(xs=xs)


@flow(name="runtime_in_static")
def runtime_in_static():
    runs: list[Any] = []
    each_n_items = [1, 3]

    def each_n_item(index, item):
        numbers = numbers_task.submit(item, index=index)
        if stopped := unfinished(numbers):
            double = stopped
        else:
            each_y_items = numbers.result()
            double = double_task.map(
                each_y_items,
                unmapped(item),
                index=[f"{index}.{n}" for n in range(len(each_y_items))],
            )
            runs.extend([double])
        inner = inner_task.submit(double, index=index)
        runs.extend([numbers, inner])
        return inner

    inner_list = for_each(each_n_item, each_n_items)
    outer = outer_task.submit(inner_list)
    runs += [outer]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return outer.result()


if __name__ == "__main__":
    runtime_in_static()
