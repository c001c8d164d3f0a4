"""The pipeline branch_in_loop."""

# Made by pipeglot from pipeline "branch_in_loop", digest 226da6ee4c79.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, TriggerRule, task, task_group
from airflow.sdk.exceptions import AirflowSkipException
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def numbers(n: int = 3) -> list[int]:
    return list(range(n))


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def join(texts: list[str]) -> str:
    return "+".join(texts)


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


with DAG(
    dag_id="branch_in_loop",
    schedule=None,
    catchup=False,
    params={"n": Param(4, type="integer")},
) as dag:

    @task(task_id="numbers")
    def numbers_task(params=None):
        return json_io(numbers)(n=params["n"])

    @task(task_id="double")
    def double_task(each_x):
        return json_io(double)(x=each_x)

    @task(task_id="if_big")
    def if_big_task(double_out):
        if double_out > 3:
            return 0
        if double_out == 0:
            return 1
        return 2

    @task(task_id="big")
    def big_task(double_out, if_big):
        if if_big != 0:
            raise AirflowSkipException
        return json_io(say)(text=f"big {double_out}")

    @task(task_id="zero")
    def zero_task(if_big):
        if if_big != 1:
            raise AirflowSkipException
        return json_io(say)(text="zero")

    @task(task_id="small")
    def small_task(if_big, each_x):
        if if_big != 2:
            raise AirflowSkipException
        return json_io(say)(text=f"small {each_x}")

    @task(task_id="word", trigger_rule=TriggerRule.ONE_SUCCESS)
    def word_task(big, zero, small):
        return next((v for v in [big, zero, small] if v is not None), None)

    @task(task_id="loud")
    def loud_task(word):
        return json_io(say)(text=f"{word}!")

    @task(task_id="loud_list", trigger_rule=TriggerRule.NONE_FAILED)
    def loud_list_task(numbers_out, ti=None):
        return ti.xcom_pull("loud", map_indexes=range(len(numbers_out)))

    @task(task_id="join")
    def join_task(loud_list):
        return json_io(join)(texts=loud_list)

    numbers_out = numbers_task()

    @task_group(group_id="each_x", prefix_group_id=False)
    def each_x_group(each_x):
        double_out = double_task(each_x)
        if_big = if_big_task(double_out)
        big = big_task(double_out, if_big)
        zero = zero_task(if_big)
        small = small_task(if_big, each_x)
        word = word_task(big, zero, small)
        return loud_task(word)

    each_x_results = each_x_group.expand(each_x=numbers_out)
    loud_list = loud_list_task(numbers_out)
    join_task(loud_list)
    each_x_results >> loud_list


if __name__ == "__main__":
    dag.test()
