"""The pipeline wide."""

# Made by pipeglot from pipeline "wide", digest af1fd9b2ed5d.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def one(n: int = 1) -> int:
    return n


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


with DAG(dag_id="wide", schedule=None, catchup=False) as dag:

    @task(task_id="part_0")
    def part_0_task():
        return json_io(one)(n=0)

    @task(task_id="part_1")
    def part_1_task():
        return json_io(one)(n=1)

    @task(task_id="part_2")
    def part_2_task():
        return json_io(one)(n=2)

    @task(task_id="part_3")
    def part_3_task():
        return json_io(one)(n=3)

    @task(task_id="part_4")
    def part_4_task():
        return json_io(one)(n=4)

    @task(task_id="part_5")
    def part_5_task():
        return json_io(one)(n=5)

    @task(task_id="part_6")
    def part_6_task():
        return json_io(one)(n=6)

    @task(task_id="part_7")
    def part_7_task():
        return json_io(one)(n=7)

    @task(task_id="part_8")
    def part_8_task():
        return json_io(one)(n=8)

    @task(task_id="part_9")
    def part_9_task():
        return json_io(one)(n=9)

    @task(task_id="part_10")
    def part_10_task():
        return json_io(one)(n=10)

    @task(task_id="part_11")
    def part_11_task():
        return json_io(one)(n=11)

    @task(task_id="part_12")
    def part_12_task():
        return json_io(one)(n=12)

    @task(task_id="part_13")
    def part_13_task():
        return json_io(one)(n=13)

    @task(task_id="part_14")
    def part_14_task():
        return json_io(one)(n=14)

    @task(task_id="part_15")
    def part_15_task():
        return json_io(one)(n=15)

    @task(task_id="part_16")
    def part_16_task():
        return json_io(one)(n=16)

    @task(task_id="part_17")
    def part_17_task():
        return json_io(one)(n=17)

    @task(task_id="part_18")
    def part_18_task():
        return json_io(one)(n=18)

    @task(task_id="part_19")
    def part_19_task():
        return json_io(one)(n=19)

    @task(task_id="total")
    def total_task(
        part_0,
        part_1,
        part_2,
        part_3,
        part_4,
        part_5,
        part_6,
        part_7,
        part_8,
        part_9,
        part_10,
        part_11,
        part_12,
        part_13,
        part_14,
        part_15,
        part_16,
        part_17,
        part_18,
        part_19,
    ):
        return json_io(total)(
            xs=[
                part_0,
                part_1,
                part_2,
                part_3,
                part_4,
                part_5,
                part_6,
                part_7,
                part_8,
                part_9,
                part_10,
                part_11,
                part_12,
                part_13,
                part_14,
                part_15,
                part_16,
                part_17,
                part_18,
                part_19,
            ],
        )

    part_0 = part_0_task()
    part_1 = part_1_task()
    part_2 = part_2_task()
    part_3 = part_3_task()
    part_4 = part_4_task()
    part_5 = part_5_task()
    part_6 = part_6_task()
    part_7 = part_7_task()
    part_8 = part_8_task()
    part_9 = part_9_task()
    part_10 = part_10_task()
    part_11 = part_11_task()
    part_12 = part_12_task()
    part_13 = part_13_task()
    part_14 = part_14_task()
    part_15 = part_15_task()
    part_16 = part_16_task()
    part_17 = part_17_task()
    part_18 = part_18_task()
    part_19 = part_19_task()
    total_task(
        part_0,
        part_1,
        part_2,
        part_3,
        part_4,
        part_5,
        part_6,
        part_7,
        part_8,
        part_9,
        part_10,
        part_11,
        part_12,
        part_13,
        part_14,
        part_15,
        part_16,
        part_17,
        part_18,
        part_19,
    )


if __name__ == "__main__":
    dag.test()
