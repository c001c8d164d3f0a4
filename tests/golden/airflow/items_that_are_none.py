"""The pipeline items_that_are_none."""

# Made by pipeglot from pipeline "items_that_are_none", digest c2138ce46f82.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, TriggerRule, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def odd_or_none(x: int) -> int | None:
    return x if x % 2 else None


def join(texts: list[str]) -> str:
    return "+".join(texts)


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


with DAG(dag_id="items_that_are_none", schedule=None, catchup=False) as dag:

    @task(task_id="odd_or_none")
    def odd_or_none_task(each_x):
        return json_io(odd_or_none)(x=each_x)

    @task(task_id="xs")
    def xs_task(ti=None):
        return ti.xcom_pull("odd_or_none", map_indexes=range(3))

    @task(task_id="say")
    def say_task(each_maybe):
        return json_io(say)(text=f"item {each_maybe}")

    @task(task_id="join", trigger_rule=TriggerRule.NONE_FAILED)
    def join_task(say_out):
        return json_io(join)(texts=list(say_out))

    odd_or_none_out = odd_or_none_task.expand(each_x=[1, 2, 3])
    xs = xs_task()
    say_out = say_task.expand(each_maybe=xs)
    join_task(say_out)
    odd_or_none_out >> xs


if __name__ == "__main__":
    dag.test()
