"""The pipeline everything_json."""

# Made by pipeglot from pipeline "everything_json", digest 4468731bce40.

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


with DAG(dag_id="everything_json", schedule=None, catchup=False) as dag:

    @task(task_id="echo")
    def echo_task():
        return kept(
            json_io(echo)(
                value=[
                    0,
                    -1,
                    9007199254740992,
                    -9007199254740992,
                    0.1,
                    1e300,
                    5e-324,
                    True,
                    False,
                    None,
                    "",
                    [],
                    {},
                    [[[]]],
                    {"": {"": 0}},
                ],
            ),
        )

    @task(task_id="again")
    def again_task(echo_out):
        return kept(json_io(echo)(value=echo_out))

    echo_out = echo_task()
    again_task(echo_out)


if __name__ == "__main__":
    dag.test()
