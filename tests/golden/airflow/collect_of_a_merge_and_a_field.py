"""The pipeline collect_of_a_merge_and_a_field."""

# Made by pipeglot from pipeline "collect_of_a_merge_and_a_field", digest cd4cc8255d68.

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
from typing_extensions import TypedDict


class Part(TypedDict):
    name: str
    size: int


def parts(sizes: list[int]) -> list[Part]:
    return [{"name": f"part-{i}", "size": size} for i, size in enumerate(sizes)]


def join(texts: list[str]) -> str:
    return "+".join(texts)


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


with DAG(
    dag_id="collect_of_a_merge_and_a_field",
    schedule=None,
    catchup=False,
    params={"n": Param(3, type="integer")},
) as dag:

    @task(task_id="parts")
    def parts_task():
        return json_io(parts)(sizes=[1, 2])

    @task(task_id="if_large")
    def if_large_task(each_part):
        if each_part["size"] > 1:
            return 0
        return 1

    @task(task_id="large")
    def large_task(if_large, each_part):
        if if_large != 0:
            raise AirflowSkipException
        return json_io(say)(text=each_part["name"])

    @task(task_id="little")
    def little_task(if_large):
        if if_large != 1:
            raise AirflowSkipException
        return json_io(say)(text="little")

    @task(task_id="chosen", trigger_rule=TriggerRule.ONE_SUCCESS)
    def chosen_task(large, little):
        return next((v for v in [large, little] if v is not None), None)

    @task(task_id="chosen_list", trigger_rule=TriggerRule.NONE_FAILED)
    def chosen_list_task(parts_out, ti=None):
        return ti.xcom_pull("chosen", map_indexes=range(len(parts_out)))

    @task(task_id="join")
    def join_task(chosen_list):
        return json_io(join)(texts=chosen_list)

    parts_out = parts_task()

    @task_group(group_id="each_part", prefix_group_id=False)
    def each_part_group(each_part):
        if_large = if_large_task(each_part)
        large = large_task(if_large, each_part)
        little = little_task(if_large)
        return chosen_task(large, little)

    each_part_results = each_part_group.expand(each_part=parts_out)
    chosen_list = chosen_list_task(parts_out)
    join_task(chosen_list)
    each_part_results >> chosen_list


if __name__ == "__main__":
    dag.test()
