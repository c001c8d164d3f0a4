"""The pipeline records."""

# Made by pipeglot from pipeline "records", digest 999b1e2e722b.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, TriggerRule, task, task_group
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python
from typing_extensions import TypedDict


class Part(TypedDict):
    name: str
    size: int


def parts(sizes: list[int]) -> list[Part]:
    return [{"name": f"part-{i}", "size": size} for i, size in enumerate(sizes)]


def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


def total(xs: list[int]) -> int:
    return sum(xs)


def name_of(part: Part) -> str:
    return part["name"]


def join(texts: list[str]) -> str:
    return "+".join(texts)


def say(text: str) -> str:
    return text


# golden: shared/json_io.py


with DAG(
    dag_id="records",
    schedule=None,
    catchup=False,
    params={"sizes": Param([3, 0], type="array", items={"type": "integer"})},
) as dag:

    @task(task_id="parts")
    def parts_task(params=None):
        return json_io(parts)(sizes=params["sizes"])

    @task(task_id="name_of")
    def name_of_task(each_part):
        return json_io(name_of)(part=each_part)

    @task(task_id="double")
    def double_task(each_part):
        return json_io(double)(x=each_part["size"])

    @task(task_id="name_of_list", trigger_rule=TriggerRule.NONE_FAILED)
    def name_of_list_task(parts_out, ti=None):
        return ti.xcom_pull("name_of", map_indexes=range(len(parts_out)))

    @task(task_id="double_list", trigger_rule=TriggerRule.NONE_FAILED)
    def double_list_task(parts_out, ti=None):
        return ti.xcom_pull("double", map_indexes=range(len(parts_out)))

    @task(task_id="join")
    def join_task(name_of_list):
        return json_io(join)(texts=name_of_list)

    @task(task_id="total")
    def total_task(double_list):
        return json_io(total)(xs=double_list)

    @task(task_id="say")
    def say_task(join_out, total_out):
        return json_io(say)(text=f"{join_out} {total_out}")

    parts_out = parts_task()

    @task_group(group_id="each_part", prefix_group_id=False)
    def each_part_group(each_part):
        name_of_out = name_of_task(each_part)
        double_out = double_task(each_part)
        return {"name_of": name_of_out, "double": double_out}

    each_part_results = each_part_group.expand(each_part=parts_out)
    name_of_list = name_of_list_task(parts_out)
    double_list = double_list_task(parts_out)
    join_out = join_task(name_of_list)
    total_out = total_task(double_list)
    say_task(join_out, total_out)
    each_part_results["name_of"] >> name_of_list
    each_part_results["double"] >> double_list


if __name__ == "__main__":
    dag.test()
