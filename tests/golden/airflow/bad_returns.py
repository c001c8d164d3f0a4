"""The pipeline bad_returns."""

# Made by pipeglot from pipeline "bad_returns", digest d2e7a854f4b4.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def number(n: int) -> int:
    return n


def not_a_number() -> float:
    return float("nan")


def wrong_type() -> int:
    return "three"  # type: ignore[return-value]


def too_large() -> int:
    return 2**60


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


with DAG(dag_id="bad_returns", schedule=None, catchup=False) as dag:

    @task(task_id="not_a_number")
    def not_a_number_task():
        return json_io(not_a_number)()

    @task(task_id="wrong_type")
    def wrong_type_task():
        return json_io(wrong_type)()

    @task(task_id="too_large", retries=1, retry_delay=timedelta(seconds=0))
    def too_large_task():
        return json_io(too_large)()

    @task(task_id="number")
    def number_task():
        return json_io(number)(n=1)

    not_a_number_task()
    wrong_type_task()
    too_large_task()
    number_task()


if __name__ == "__main__":
    dag.test()
