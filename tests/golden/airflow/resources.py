"""The pipeline resources."""

# Made by pipeglot from pipeline "resources", digest a215475e42f7.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, task
from kubernetes.client import models as k8s
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def number(n: int) -> int:
    return n


# golden: shared/json_io.py


with DAG(dag_id="resources", schedule=None, catchup=False) as dag:

    @task(
        task_id="number",
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            resources=k8s.V1ResourceRequirements(
                                requests={"cpu": "500m", "memory": "512Mi"},
                                limits={"memory": "512Mi"},
                            ),
                        ),
                    ],
                ),
            ),
        },
    )
    def number_task():
        return json_io(number)(n=1)

    @task(
        task_id="b",
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            resources=k8s.V1ResourceRequirements(
                                requests={"cpu": "2", "memory": "4Gi"},
                                limits={"memory": "4Gi", "nvidia.com/gpu": "1"},
                            ),
                        ),
                    ],
                    node_selector={"cloud.example.com/pool": "gpu"},
                ),
            ),
        },
    )
    def b_task(number_out):
        return json_io(number)(n=number_out)

    @task(task_id="c")
    def c_task(b):
        return json_io(number)(n=b)

    number_out = number_task()
    b = b_task(number_out)
    c_task(b)


if __name__ == "__main__":
    dag.test()
