"""The pipeline shell_steps as a Dagster job."""

# Made by pipeglot from pipeline "shell_steps", digest a23c7bcfd824.

import functools
import json
import os
import subprocess
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def str_echo(value: str) -> str:
    return value


class ShellStepsParams(dg.ConfigurableResource):
    name: str = 'o\'brien $HOME "q"'


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


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="shell_steps__greet")
def greet_op(params: ShellStepsParams):
    return run_command(
        ["bash", "-c", 'echo "first"; echo "$greeting, $name"; printf "%s" "$data"'],
        {"greeting": "{{ ds }}", "name": params.name, "data": {"a": [1, None]}},
    )


@dg.op(name="shell_steps__after")
def after_op(value):
    return json_io(str_echo)(value=value)


@dg.job(resource_defs={"params": ShellStepsParams.configure_at_launch()})
def shell_steps():
    greet = greet_op.alias("greet")()
    after_op.alias("after")(value=greet)


defs = dg.Definitions(jobs=[shell_steps])
