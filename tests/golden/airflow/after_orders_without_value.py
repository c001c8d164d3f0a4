"""The pipeline after_orders_without_value."""

# Made by pipeglot from pipeline "after_orders_without_value", digest a4bb113a80ea.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def one(n: int = 1) -> int:
    return n


def add(a: int, b: int = 10) -> int:
    return a + b


def nothing() -> None:
    return None


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


with DAG(dag_id="after_orders_without_value", schedule=None, catchup=False) as dag:

    @task(task_id="nothing")
    def nothing_task():
        return json_io(nothing)()

    @task(task_id="one")
    def one_task():
        return json_io(one)()

    @task(task_id="add")
    def add_task():
        return json_io(add)(a=3)

    nothing_out = nothing_task()
    one_out = one_task()
    add_out = add_task()
    nothing_out >> one_out
    one_out >> add_out


if __name__ == "__main__":
    dag.test()
