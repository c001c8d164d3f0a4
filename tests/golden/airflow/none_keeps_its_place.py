"""The pipeline none_keeps_its_place."""

# Made by pipeglot from pipeline "none_keeps_its_place", digest eb6ea6f7009e.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, task
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


with DAG(dag_id="none_keeps_its_place", schedule=None, catchup=False) as dag:

    @task(task_id="odd_or_none")
    def odd_or_none_task(each_x):
        return json_io(odd_or_none)(x=each_x)

    @task(task_id="odd_or_none_list")
    def odd_or_none_list_task(ti=None):
        return ti.xcom_pull("odd_or_none", map_indexes=range(4))

    @task(task_id="show")
    def show_task(odd_or_none_list):
        return json_io(show)(xs=odd_or_none_list)

    odd_or_none_out = odd_or_none_task.expand(each_x=[1, 2, 3, 4])
    odd_or_none_list = odd_or_none_list_task()
    show_task(odd_or_none_list)
    odd_or_none_out >> odd_or_none_list


if __name__ == "__main__":
    dag.test()
