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


# golden: shared/json_io.py


# golden: shared/unfinished.py


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
