"""The pipeline tolerated_that_succeeds."""

# Made by pipeglot from pipeline "tolerated_that_succeeds", digest cb016329fbba.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, TriggerRule, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def number(n: int) -> int:
    return n


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


with DAG(dag_id="tolerated_that_succeeds", schedule=None, catchup=False) as dag:

    @task(task_id="number")
    def number_task():
        return json_io(number)(n=4)

    @task(task_id="number_or_default", trigger_rule=TriggerRule.ALL_DONE)
    def number_or_default_task(number_out):
        if number_out is None:
            return 9
        return number_out

    @task(task_id="then")
    def then_task(number_or_default):
        return json_io(number)(n=number_or_default)

    number_out = number_task()
    number_or_default = number_or_default_task(number_out)
    then_task(number_or_default)


if __name__ == "__main__":
    dag.test()
