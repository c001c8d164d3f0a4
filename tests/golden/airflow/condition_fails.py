"""The pipeline condition_fails."""

# Made by pipeglot from pipeline "condition_fails", digest 8146e3063108.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    return text


def fails(text: str = "") -> str:
    raise ValueError("told to fail")


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


with DAG(dag_id="condition_fails", schedule=None, catchup=False) as dag:

    @task(task_id="fails")
    def fails_task():
        return json_io(fails)()

    @task.branch(task_id="if_yes")
    def if_yes_task(fails_out):
        if fails_out == "x":
            return "yes"
        return "no"

    @task(task_id="yes")
    def yes_task():
        return json_io(say)(text="yes")

    @task(task_id="no")
    def no_task():
        return json_io(say)(text="no")

    @task(task_id="beside")
    def beside_task():
        return json_io(say)(text="beside")

    fails_out = fails_task()
    if_yes = if_yes_task(fails_out)
    yes = yes_task()
    no = no_task()
    beside_task()
    if_yes >> [yes, no]


if __name__ == "__main__":
    dag.test()
