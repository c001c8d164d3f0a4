"""The boundary every value crosses between calls, in one implementation.

The reference run calls `json_io` and `run_command`, and backends print their very source into the files they
generate, so that what a step is given, and what counts as a bad return value, is the same everywhere.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import subprocess
import traceback
import typing
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def json_io(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let `fn` take and give plain JSON, built and checked by its annotations."""
    types = vars(json_io).setdefault("types", {}).setdefault(fn, {})  # slow to make

    def exact(digits: str) -> int:
        if abs(int(digits)) > 2**53:
            raise ValueError(f"{digits} is beyond the 2**53 that JSON readers keep")
        return int(digits)

    @functools.wraps(fn)
    def call(**given: Any) -> Any:
        try:
            if not types.keys() >= {*given, "return"}:
                hints = dict.fromkeys([*given, "return"], Any)
                hints |= typing.get_type_hints(fn, include_extras=True)
                types.update({name: TypeAdapter(hint) for name, hint in hints.items()})
            built = {}
            for name, value in given.items():
                built[name] = types[name].validate_json(json.dumps(value), strict=True)
            result = types["return"].validate_python(fn(**built), strict=True)
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


def source(function: Callable[..., Any]) -> str:
    """The text of `json_io` or `run_command`, as it stands in generated files."""
    return inspect.getsource(function)


def shell_words(script: str) -> list[str]:
    """The command that runs a shell step's script."""
    return ["bash", "-c", script]


def container_words(image: str, command: Sequence[str], variables: Iterable[str]) -> list[str]:
    """The command that runs a container step; the variables' values come from the command's own environment."""
    passed = [word for name in variables for word in ("-e", name)]
    return ["docker", "run", "--rm", *passed, image, *command]
