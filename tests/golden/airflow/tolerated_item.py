"""The pipeline tolerated_item."""

# Made by pipeglot from pipeline "tolerated_item", digest 8a1e4c4d54c9.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, TriggerRule, task, task_group
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def number(n: int) -> int:
    return n


def fails_on_one(n: int) -> int:
    if n == 1:
        raise ValueError("one")
    return n


def total(xs: list[int]) -> int:
    return sum(xs)


# golden: shared/json_io.py


def fates(ti, run_id, tasks, indexes):
    """The states that some instances of tasks have: trigger rules cannot tell."""
    asked = ti.get_task_states(dag_id=ti.dag_id, task_ids=tasks, run_ids=[run_id])
    states = asked[run_id]
    return {states.get(f"{t}_{n}", states.get(t)) for t in tasks for n in indexes}


with DAG(dag_id="tolerated_item", schedule=None, catchup=False) as dag:

    @task(task_id="fails_on_one")
    def fails_on_one_task(each_n):
        return json_io(fails_on_one)(n=each_n)

    @task(task_id="fails_on_one_or_default", trigger_rule=TriggerRule.ALL_DONE)
    def fails_on_one_or_default_task(fails_on_one_out, ti=None, run_id=None):
        fate = fates(ti, run_id, ["fails_on_one"], [ti.map_index])
        if "skipped" in fate:
            raise AirflowSkipException
        if "upstream_failed" in fate:
            raise AirflowFailException("fails_on_one did not run")
        if fails_on_one_out is None:
            return 100
        return fails_on_one_out

    @task(task_id="number")
    def number_task(fails_on_one_or_default):
        return json_io(number)(n=fails_on_one_or_default)

    @task(task_id="number_list")
    def number_list_task(ti=None):
        return ti.xcom_pull("number", map_indexes=range(3))

    @task(task_id="total")
    def total_task(number_list):
        return json_io(total)(xs=number_list)

    @task_group(group_id="each_n", prefix_group_id=False)
    def each_n_group(each_n):
        fails_on_one_out = fails_on_one_task(each_n)
        fails_on_one_or_default = fails_on_one_or_default_task(fails_on_one_out)
        return number_task(fails_on_one_or_default)

    each_n_results = each_n_group.expand(each_n=[0, 1, 2])
    number_list = number_list_task()
    total_task(number_list)
    each_n_results >> number_list


if __name__ == "__main__":
    dag.test()
