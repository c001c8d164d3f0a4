"""The pipeline nulls_in_params."""

# Made by pipeglot from pipeline "nulls_in_params", digest 7cc79704f120.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def echo(value: Any) -> Any:
    return value


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


def kept(value):
    """A value that XCom gives back as it is: it takes a dict with both keys for something else."""
    if isinstance(value, dict) and {"__type", "__var"} <= value.keys():
        raise ValueError("XCom keeps no dict with both '__type' and '__var'")
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            kept(each)
    return value


with DAG(
    dag_id="nulls_in_params",
    schedule=None,
    catchup=False,
    params={
        "given": Param(
            {"x": None, "y": [1, None]},
            type="object",
            additionalProperties=True,
        ),
        "rows": Param(
            [{"a": None}],
            type="array",
            items={"additionalProperties": True, "type": "object"},
        ),
        "scores": Param(
            {"a": 0.5},
            type="object",
            additionalProperties={"type": "number"},
        ),
    },
) as dag:

    @task(task_id="echo")
    def echo_task(params=None):
        return kept(
            json_io(echo)(value=[params["given"], params["rows"], params["scores"]]),
        )

    echo_task()


if __name__ == "__main__":
    dag.test()
