"""The pipeline branch_in_loop as a Prefect flow."""

# Made by pipeglot from pipeline "branch_in_loop", digest 226da6ee4c79.

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
from pydantic import StrictInt, TypeAdapter
from pydantic_core import to_jsonable_python


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def join(texts: list[str]) -> str:
    return "+".join(texts)


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
join_task = task(json_io(join), name="join")


@task(name="double", task_run_name="double[{index}]")
def double_task(x, index):
    return json_io(double)(x=x)


@task(name="big", task_run_name="big[{index}]")
def big_task(double_2, index):
    return json_io(say)(text=f"big {double_2}")


@task(name="zero", task_run_name="zero[{index}]")
def zero_task(index):
    return json_io(say)(text="zero")


@task(name="small", task_run_name="small[{index}]")
def small_task(each_x_item, index):
    return json_io(say)(text=f"small {each_x_item}")


@task(name="loud", task_run_name="loud[{index}]")
def loud_task(word, index):
    return json_io(say)(text=f"{word}!")


@flow(name="branch_in_loop")
def branch_in_loop(n: StrictInt = 4):
    runs: list[Any] = []
    numbers = numbers_task.submit(n)
    if stopped := unfinished(numbers):
        loud_list = stopped
    else:
        each_x_items = numbers.result()

        def each_x_item(index, item):
            double = double_task.submit(item, index=index)
            if stopped := unfinished(double):
                word = stopped
            elif double.result() > 3:
                big = big_task.submit(double, index=index)
                word = big
                runs.extend([big])
            elif double.result() == 0:
                zero = zero_task.submit(index=index)
                word = zero
                runs.extend([zero])
            else:
                small = small_task.submit(item, index=index)
                word = small
                runs.extend([small])
            loud = loud_task.submit(word, index=index)
            runs.extend([double, loud])
            return loud

        loud_list = for_each(each_x_item, each_x_items)
    join = join_task.submit(loud_list)
    runs += [numbers, join]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return join.result()


if __name__ == "__main__":
    branch_in_loop()
