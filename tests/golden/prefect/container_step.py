"""The pipeline container_step as a Prefect flow."""

# Made by pipeglot from pipeline "container_step", digest 8b36fefe2f12.

import functools
import json
import os
import subprocess
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import StrictStr, TypeAdapter
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


def unfinished(*values):
    """Wait for the futures in `values`; give those that did not complete."""
    found = []
    for value in values:
        if isinstance(value, list):
            found += unfinished(*value)
        elif isinstance(value, PrefectFuture):
            value.wait()
            if not value.state.is_completed():
                found.append(value)
    return found


say_task = task(json_io(say), name="say")


@task(name="hello")
def hello_task(name):
    return run_command(
        [
            "docker",
            "run",
            "--rm",
            "-e",
            "name",
            "busybox:1.36",
            "sh",
            "-c",
            'echo "hello, $name"',
        ],
        {"name": name},
    )


@flow(name="container_step")
def container_step(name: StrictStr = 'o\'brien $HOME "q"'):
    hello = hello_task.submit(name)
    say = say_task.submit(hello)
    runs = [hello, say]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return say.result()


if __name__ == "__main__":
    container_step()
