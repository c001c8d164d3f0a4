"""The pipeline captured_failure_blocks_the_loop."""

# Made by pipeglot from pipeline "captured_failure_blocks_the_loop", digest 543f84c744eb.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, TriggerRule, task, task_group
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


def fails() -> list[int]:
    raise ValueError("told to fail")


def say(text: str) -> str:
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


with DAG(
    dag_id="captured_failure_blocks_the_loop",
    schedule=None,
    catchup=False,
) as dag:

    @task(task_id="fails")
    def fails_task():
        return json_io(fails)()

    @task(task_id="numbers")
    def numbers_task():
        return json_io(numbers)(n=2)

    @task(task_id="double")
    def double_task(each_x):
        return json_io(double)(x=each_x)

    @task(task_id="say")
    def say_task(double_out):
        return json_io(say)(text=f"{double_out}")

    @task(task_id="double_list", trigger_rule=TriggerRule.NONE_FAILED)
    def double_list_task(numbers_out, ti=None):
        return ti.xcom_pull("double", map_indexes=range(len(numbers_out)))

    @task(task_id="total")
    def total_task(double_list):
        return json_io(total)(xs=double_list)

    fails_out = fails_task()
    numbers_out = numbers_task()

    @task_group(group_id="each_x", prefix_group_id=False)
    def each_x_group(each_x):
        double_out = double_task(each_x)
        say_task(double_out)
        fails_out >> double_out
        return double_out

    each_x_results = each_x_group.expand(each_x=numbers_out)
    double_list = double_list_task(numbers_out)
    total_task(double_list)
    each_x_results >> double_list


if __name__ == "__main__":
    dag.test()
