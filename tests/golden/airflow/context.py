"""The pipeline context."""

# Made by pipeglot from pipeline "context", digest 770a64bf9397.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def notify(text: str) -> str:
    return text


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


def run_instant(dag_run):
    """The run's logical date; without a logical date, that of its start."""
    when = dag_run.logical_date or dag_run.run_after
    return when.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")


def run_day(dag_run):
    """The run's day; without a logical date, that of its start."""
    when = dag_run.logical_date or dag_run.run_after
    return when.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%d")


with DAG(dag_id="context", schedule=None, catchup=False) as dag:

    @task(task_id="at")
    def at_task(dag_run=None):
        return json_io(notify)(text=f"{run_instant(dag_run)} {run_day(dag_run)}")

    at_task()


if __name__ == "__main__":
    dag.test()
