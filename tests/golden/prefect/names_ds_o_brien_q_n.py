"""The pipeline names_ds_o_brien_q_n as a Prefect flow."""

# Made by pipeglot from pipeline 'names: {{ ds }} o\'brien "q" \\ ünï', digest 7769a76debd6.

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


def echo(value: Any) -> Any:
    return value


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


class_task = task(json_io(echo), name="class", cache_policy=NO_CACHE)
class_task_2 = task(json_io(echo), name="Class", cache_policy=NO_CACHE)
with_space_task = task(json_io(echo), name="with space", cache_policy=NO_CACHE)
with_space_task_2 = task(json_io(echo), name="with-space", cache_policy=NO_CACHE)
with_space_task_3 = task(json_io(echo), name="with_space", cache_policy=NO_CACHE)
ds_x_task = task(json_io(echo), name="{{ ds }}{x}", cache_policy=NO_CACHE)
gr_e_task = task(json_io(echo), name="größe 日本", cache_policy=NO_CACHE)
xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx_task = task(
    json_io(echo),
    name="xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    cache_policy=NO_CACHE,
)


@flow(name='names: {{ ds }} o\'brien "q" \\ ünï', description='ends in a quote"')
def names_ds_o_brien_q_n():
    class_2 = class_task.submit(value=1)
    class_3 = class_task_2.submit(class_2)
    with_space = with_space_task.submit(class_3)
    with_space_2 = with_space_task_2.submit(with_space)
    with_space_3 = with_space_task_3.submit(with_space_2)
    ds_x = ds_x_task.submit(with_space_3)
    gr_e = gr_e_task.submit(ds_x)
    xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx = (
        xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx_task.submit(gr_e)
    )
    runs = [
        class_2,
        class_3,
        with_space,
        with_space_2,
        with_space_3,
        ds_x,
        gr_e,
        xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx,
    ]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.result()


if __name__ == "__main__":
    names_ds_o_brien_q_n()
