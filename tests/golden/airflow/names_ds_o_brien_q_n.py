"""The pipeline names_ds_o_brien_q_n."""

# Made by pipeglot from pipeline 'names: {{ ds }} o\'brien "q" \\ ünï', digest 7769a76debd6.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, task
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def echo(value: Any) -> Any:
    return value


# golden: shared/json_io.py


# golden: shared/kept.py


with DAG(
    dag_id="names_____ds____o_brien__q_____n_",
    dag_display_name='names: {{ ds }} o\'brien "q" \\ ünï',
    description='ends in a quote"',
    schedule=None,
    catchup=False,
    default_args={"owner": "o'neil \\"},
    tags=['say "t" %s', "a'b"],
) as dag:

    @task(task_id="class")
    def class_task():
        return kept(json_io(echo)(value=1))

    @task(task_id="Class")
    def class_task_2(class_out):
        return kept(json_io(echo)(value=class_out))

    @task(task_id="with_space", task_display_name="with space")
    def with_space_task(class_out_2):
        return kept(json_io(echo)(value=class_out_2))

    @task(task_id="with-space")
    def with_space_task_2(with_space):
        return kept(json_io(echo)(value=with_space))

    @task(task_id="with_space_2", task_display_name="with_space")
    def with_space_2_task(with_space_out):
        return kept(json_io(echo)(value=with_space_out))

    @task(task_id="___ds____x_", task_display_name="{{ ds }}{x}")
    def ds_x_task(with_space_2):
        return kept(json_io(echo)(value=with_space_2))

    @task(task_id="gr__e___", task_display_name="größe 日本")
    def gr_e_task(ds_x):
        return kept(json_io(echo)(value=ds_x))

    @task(
        task_id="xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    )
    def xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx(gr_e):
        return kept(json_io(echo)(value=gr_e))

    class_out = class_task()
    class_out_2 = class_task_2(class_out)
    with_space = with_space_task(class_out_2)
    with_space_out = with_space_task_2(with_space)
    with_space_2 = with_space_2_task(with_space_out)
    ds_x = ds_x_task(with_space_2)
    gr_e = gr_e_task(ds_x)
    xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx(gr_e)


if __name__ == "__main__":
    dag.test()
