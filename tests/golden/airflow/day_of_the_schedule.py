"""The pipeline day_of_the_schedule."""

# Made by pipeglot from pipeline "day_of_the_schedule", digest c8e4d32de753.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, CronTriggerTimetable, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def say(text: str) -> str:
    """Give back what it is told."""
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


def run_day(dag_run):
    """The run's day; without a logical date, that of its start."""
    when = dag_run.logical_date or dag_run.run_after
    return when.astimezone(ZoneInfo("America/New_York")).strftime("%Y-%m-%d")


with DAG(
    dag_id="day_of_the_schedule",
    schedule=CronTriggerTimetable("30 0 * * 1-5", timezone="America/New_York"),
    catchup=False,
) as dag:

    @task(task_id="say")
    def say_task(dag_run=None):
        return json_io(say)(text=f"{run_day(dag_run)}")

    say_task()


if __name__ == "__main__":
    dag.test()
