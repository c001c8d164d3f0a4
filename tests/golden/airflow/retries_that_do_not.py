"""The pipeline retries_that_do_not."""

# Made by pipeglot from pipeline "retries_that_do_not", digest d424ddfb184a.

import functools
import json
import os
import traceback
import typing
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def flaky(key: str, failures: int) -> int:
    """Fails its first attempts, counted in a folder that outlives them."""
    counter = Path(os.environ["PIPEGLOT_TEST_STATE"], key)
    count = int(counter.read_text()) if counter.exists() else 0
    counter.write_text(str(count + 1))
    if count < failures:
        raise RuntimeError(f"attempt {count + 1}")
    return count


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


with DAG(dag_id="retries_that_do_not", schedule=None, catchup=False) as dag:

    @task(task_id="flaky", retries=1, retry_delay=timedelta(seconds=0))
    def flaky_task():
        return json_io(flaky)(key="b", failures=5)

    @task(task_id="number")
    def number_task(flaky_out):
        return json_io(number)(n=flaky_out)

    flaky_out = flaky_task()
    number_task(flaky_out)


if __name__ == "__main__":
    dag.test()
