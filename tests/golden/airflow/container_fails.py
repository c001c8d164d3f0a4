"""The pipeline container_fails."""

# Made by pipeglot from pipeline "container_fails", digest 9a846804236a.

import functools
import json
import os
import subprocess
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, task
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


def run_command(words: list[str], given: dict[str, Any]) -> str:
    """Run a command with `given` as environment; the last line of its output."""
    text = {}
    for name, value in given.items():
        text[name] = value if isinstance(value, str) else json.dumps(value)
    env = {**os.environ, **text}
    done = subprocess.run(words, env=env, stdout=subprocess.PIPE, text=True, check=True)
    return (done.stdout.splitlines() or [""])[-1]


with DAG(dag_id="container_fails", schedule=None, catchup=False) as dag:

    @task(task_id="exits")
    def exits_task():
        return run_command(
            ["docker", "run", "--rm", "busybox:1.36", "sh", "-c", "exit 3"],
            {},
        )

    @task(task_id="say")
    def say_task(exits):
        return json_io(say)(text=exits)

    exits = exits_task()
    say_task(exits)


if __name__ == "__main__":
    dag.test()
