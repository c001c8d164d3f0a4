"""The pipeline empty_loop_in_an_arm."""

# Made by pipeglot from pipeline "empty_loop_in_an_arm", digest 46ecc8a0fa41.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, TriggerRule, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


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


with DAG(
    dag_id="empty_loop_in_an_arm",
    schedule=None,
    catchup=False,
    params={"go": Param(True, type="boolean")},
) as dag:

    @task.branch(task_id="if_never")
    def if_never_task(params=None):
        if params["go"]:
            return "never"
        return []

    @task(task_id="never")
    def never_task(each_n):
        return json_io(double)(x=each_n)

    @task(task_id="last", trigger_rule=TriggerRule.NONE_FAILED)
    def last_task():
        return json_io(double)(x=2)

    if_never = if_never_task()
    never = never_task.expand(each_n=[])
    last = last_task()
    if_never >> never
    never >> last


if __name__ == "__main__":
    dag.test()
