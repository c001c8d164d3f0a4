"""The pipeline includes."""

# Made by pipeglot from pipeline "includes", digest bc6d5d1189ad.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, TaskGroup, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def one(n: int = 1) -> int:
    return n


def total(xs: list[int]) -> int:
    return sum(xs)


def add(a: int, b: int = 10) -> int:
    return a + b


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


with DAG(dag_id="includes", schedule=None, catchup=False) as dag:

    @task(task_id="one")
    def one_task():
        return json_io(one)(n=7)

    @task(task_id="one")
    def prepared_one_task(one_out):
        return json_io(one)(n=one_out)

    @task(task_id="add")
    def prepared_add_task(prepared_one):
        return json_io(add)(a=prepared_one, b=1)

    @task(task_id="one")
    def again_one_task():
        return json_io(one)(n=2)

    @task(task_id="add")
    def again_add_task(again_one):
        return json_io(add)(a=again_one, b=1)

    @task(task_id="total")
    def total_task(prepared_add, again_add):
        return json_io(total)(xs=[prepared_add, again_add])

    one_out = one_task()
    with TaskGroup("prepared"):
        prepared_one = prepared_one_task(one_out)
        prepared_add = prepared_add_task(prepared_one)
    with TaskGroup("again"):
        again_one = again_one_task()
        again_add = again_add_task(again_one)
    total_task(prepared_add, again_add)


if __name__ == "__main__":
    dag.test()
