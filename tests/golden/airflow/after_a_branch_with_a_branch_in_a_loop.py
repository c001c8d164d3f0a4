"""The pipeline after_a_branch_with_a_branch_in_a_loop."""

# Made by pipeglot from pipeline "after_a_branch_with_a_branch_in_a_loop", digest 99a51ebe9279.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TriggerRule, task, task_group
from airflow.sdk.exceptions import AirflowSkipException
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


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
    dag_id="after_a_branch_with_a_branch_in_a_loop",
    schedule=None,
    catchup=False,
) as dag:

    @task(task_id="numbers")
    def numbers_task():
        return json_io(numbers)(n=4)

    @task(task_id="if_one_2")
    def if_one_2_task(each_x):
        if each_x < 3:
            return 0
        return 1

    @task(task_id="if_one")
    def if_one_task(if_one_2, each_x):
        if if_one_2 != 0:
            raise AirflowSkipException
        if each_x == 1:
            return 0
        return 1

    @task(task_id="one")
    def one_task(if_one):
        if if_one != 0:
            raise AirflowSkipException
        return json_io(say)(text="one")

    @task(task_id="if_one_0_done")
    def if_one_0_done_task():
        return None

    @task(task_id="not_one")
    def not_one_task(if_one):
        if if_one != 1:
            raise AirflowSkipException
        return json_io(say)(text="not one")

    @task(task_id="if_one_1_done")
    def if_one_1_done_task():
        return None

    @task(task_id="if_one_2_0_done")
    def if_one_2_0_done_task():
        return None

    @task(task_id="if_one_2_1_done")
    def if_one_2_1_done_task(if_one_2):
        if if_one_2 != 1:
            raise AirflowSkipException
        return None

    @task(task_id="after")
    def after_task(each_x):
        return json_io(say)(text=f"after {each_x}")

    numbers_out = numbers_task()

    @task_group(group_id="each_x", prefix_group_id=False)
    def each_x_group(each_x):
        if_one_2 = if_one_2_task(each_x)
        if_one = if_one_task(if_one_2, each_x)
        one = one_task(if_one)
        if_one_0_done = if_one_0_done_task()
        not_one = not_one_task(if_one)
        if_one_1_done = if_one_1_done_task()
        if_one_done = EmptyOperator(
            task_id="if_one_done",
            trigger_rule=TriggerRule.ONE_SUCCESS,
        )
        if_one_2_0_done = if_one_2_0_done_task()
        if_one_2_1_done = if_one_2_1_done_task(if_one_2)
        if_one_2_done = EmptyOperator(
            task_id="if_one_2_done",
            trigger_rule=TriggerRule.ONE_SUCCESS,
        )
        after = after_task(each_x)
        one >> if_one_0_done
        not_one >> if_one_1_done
        [if_one_0_done, if_one_1_done] >> if_one_done
        if_one_done >> if_one_2_0_done
        [if_one_2_0_done, if_one_2_1_done] >> if_one_2_done
        if_one_2_done >> after

    each_x_group.expand(each_x=numbers_out)


if __name__ == "__main__":
    dag.test()
