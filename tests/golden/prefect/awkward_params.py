"""The pipeline awkward_params as a Prefect flow."""

# Made by pipeglot from pipeline "awkward_params", digest 03b4503f2506.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import StrictStr, TypeAdapter
from pydantic_core import to_jsonable_python


def echo(value: Any) -> Any:
    return value


DEFAULT_DATA: dict[str, Any] = {"{{ a }}": ["$x", None]}


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


@task(name="echo")
def echo_task(text, data):
    return json_io(echo)(value=[text, data, f"<{text}>"])


@flow(name="awkward_params")
def awkward_params(
    text: StrictStr = '{{ ds }} o\'brien "x" \\',
    data: Any = DEFAULT_DATA,
):
    echo = echo_task.submit(text, data)
    runs = [echo]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return echo.result()


if __name__ == "__main__":
    awkward_params()
