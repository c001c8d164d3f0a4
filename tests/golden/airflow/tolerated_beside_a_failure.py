"""The pipeline tolerated_beside_a_failure."""

# Made by pipeglot from pipeline "tolerated_beside_a_failure", digest d0609dd1804b.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, TriggerRule, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


def show(value: int | None) -> str:
    return f"got {value}"


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


with DAG(dag_id="tolerated_beside_a_failure", schedule=None, catchup=False) as dag:

    @task(task_id="tolerated")
    def tolerated_task():
        return json_io(fails)()

    @task(task_id="tolerated_or_default", trigger_rule=TriggerRule.ALL_DONE)
    def tolerated_or_default_task(tolerated):
        if tolerated is None:
            return 0
        return tolerated

    @task(task_id="show")
    def show_task(tolerated_or_default):
        return json_io(show)(value=tolerated_or_default)

    @task(task_id="hard")
    def hard_task():
        return json_io(fails)()

    tolerated = tolerated_task()
    tolerated_or_default = tolerated_or_default_task(tolerated)
    show_task(tolerated_or_default)
    hard_task()


if __name__ == "__main__":
    dag.test()
