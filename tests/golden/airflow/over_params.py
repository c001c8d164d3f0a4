"""The pipeline over_params."""

# Made by pipeglot from pipeline "over_params", digest 443aa8dc9aae.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, TriggerRule, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


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


with DAG(
    dag_id="over_params",
    schedule=None,
    catchup=False,
    params={"sizes": Param([4, 5], type="array", items={"type": "integer"})},
) as dag:

    @task(task_id="each_s_items")
    def each_s_items_task(params=None):
        return params["sizes"]

    @task(task_id="double")
    def double_task(each_s):
        return json_io(double)(x=each_s, plus=1)

    @task(task_id="total", trigger_rule=TriggerRule.NONE_FAILED)
    def total_task(double_out):
        return json_io(total)(xs=list(double_out))

    each_s_items = each_s_items_task()
    double_out = double_task.expand(each_s=each_s_items)
    total_task(double_out)


if __name__ == "__main__":
    dag.test()
