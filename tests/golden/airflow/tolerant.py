"""`read` of the bad file is still recorded as failed, but tolerated: its text is
empty.
"""

# Made by pipeglot from pipeline "tolerant", digest d40480b71733.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, TriggerRule, task, task_group
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

FILES = {"letter.txt": "dear all", "poem.txt": "the sea, the sea", "scan.txt": "\ufffd"}


def find_files(suffix: str) -> list[str]:
    """What there is to measure is known only at run time."""
    return sorted(name for name in FILES if name.endswith(suffix))


def read(name: str) -> str:
    if "\ufffd" in FILES[name]:
        raise ValueError(f"{name} is not text")
    return FILES[name]


def count_words(text: str) -> int:
    return len(text.split())


def total(counts: list[int]) -> int:
    return sum(counts)


# golden: shared/json_io.py


def fates(ti, run_id, tasks, indexes):
    """The states that some instances of tasks have: trigger rules cannot tell."""
    asked = ti.get_task_states(dag_id=ti.dag_id, task_ids=tasks, run_ids=[run_id])
    states = asked[run_id]
    return {states.get(f"{t}_{n}", states.get(t)) for t in tasks for n in indexes}


with DAG(
    dag_id="tolerant",
    description="`read` of the bad file is still recorded as failed, but tolerated: its text is empty.",
    schedule=None,
    catchup=False,
    params={"suffix": Param(".txt", type="string")},
) as dag:

    @task(task_id="find_files")
    def find_files_task(params=None):
        return json_io(find_files)(suffix=params["suffix"])

    @task(task_id="read", max_active_tis_per_dagrun=2)
    def read_task(each_name):
        return json_io(read)(name=each_name)

    @task(task_id="read_or_default", trigger_rule=TriggerRule.ALL_DONE)
    def read_or_default_task(read_out, ti=None, run_id=None):
        fate = fates(ti, run_id, ["read"], [ti.map_index])
        if "skipped" in fate:
            raise AirflowSkipException
        if "upstream_failed" in fate:
            raise AirflowFailException("read did not run")
        if read_out is None:
            return ""
        return read_out

    @task(task_id="count_words", max_active_tis_per_dagrun=2)
    def count_words_task(read_or_default):
        return json_io(count_words)(text=read_or_default)

    @task(task_id="count_words_list", trigger_rule=TriggerRule.NONE_FAILED)
    def count_words_list_task(find_files_out, ti=None):
        return ti.xcom_pull("count_words", map_indexes=range(len(find_files_out)))

    @task(task_id="total")
    def total_task(count_words_list):
        return json_io(total)(counts=count_words_list)

    find_files_out = find_files_task()

    @task_group(group_id="each_name", prefix_group_id=False)
    def each_name_group(each_name):
        read_out = read_task(each_name)
        read_or_default = read_or_default_task(read_out)
        return count_words_task(read_or_default)

    each_name_results = each_name_group.expand(each_name=find_files_out)
    count_words_list = count_words_list_task(find_files_out)
    total_task(count_words_list)
    each_name_results >> count_words_list


if __name__ == "__main__":
    dag.test()
