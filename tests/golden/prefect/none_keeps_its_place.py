"""The pipeline none_keeps_its_place as a Prefect flow."""

# Made by pipeglot from pipeline "none_keeps_its_place", digest eb6ea6f7009e.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def odd_or_none(x: int) -> int | None:
    return x if x % 2 else None


def show(xs: list[int | None]) -> str:
    return ",".join(str(x) for x in xs)


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


show_task = task(json_io(show), name="show")


@task(name="odd_or_none", task_run_name="odd_or_none[{index}]")
def odd_or_none_task(x, index):
    return json_io(odd_or_none)(x=x)


@flow(name="none_keeps_its_place")
def none_keeps_its_place():
    each_x_items = [1, 2, 3, 4]
    odd_or_none = odd_or_none_task.map(each_x_items, index=range(len(each_x_items)))
    show = show_task.submit(odd_or_none)
    runs = [odd_or_none, show]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return show.result()


if __name__ == "__main__":
    none_keeps_its_place()
