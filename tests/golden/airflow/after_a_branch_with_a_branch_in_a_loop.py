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


# golden: shared/json_io.py


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
