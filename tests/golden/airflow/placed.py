"""The pipeline placed."""

# Made by pipeglot from pipeline "placed", digest 81cae4df4122.

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


def double(n: int) -> int:
    return 2 * n


# golden: shared/json_io.py


with DAG(dag_id="placed", schedule=None, catchup=False) as dag:

    @task(
        task_id="double",
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            resources=k8s.V1ResourceRequirements(
                                requests={"cpu": "100m", "memory": "64Mi"},
                                limits={"memory": "64Mi"},
                            ),
                        ),
                    ],
                ),
            ),
        },
    )
    def double_task():
        return json_io(double)(n=1)

    @task(
        task_id="large",
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            resources=k8s.V1ResourceRequirements(
                                limits={"amd.com/gpu": "2"},
                            ),
                        ),
                    ],
                ),
            ),
        },
    )
    def large_task(double_out):
        return json_io(double)(n=double_out)

    double_out = double_task()
    large_task(double_out)


if __name__ == "__main__":
    dag.test()
