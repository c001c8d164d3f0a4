"""The pipeline secrets_read."""

# Made by pipeglot from pipeline "secrets_read", digest c4dd7bfde634.

import functools
import hashlib
import json
import os
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, task
from kubernetes.client import models as k8s
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def fetch(rows: int) -> str:
    return f"{rows} rows with {_digest(os.environ['CORPUS_TOKEN'])}"


def who() -> int:
    return len(os.environ["CORPUS_USER"])


# golden: shared/json_io.py


with DAG(dag_id="secrets_read", schedule=None, catchup=False) as dag:

    @task(task_id="who")
    def who_task():
        return json_io(who)()

    @task(
        task_id="fetch",
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            env=[
                                k8s.V1EnvVar(
                                    name="CORPUS_TOKEN",
                                    value_from=k8s.V1EnvVarSource(
                                        secret_key_ref=k8s.V1SecretKeySelector(
                                            name="corpus",
                                            key="token",
                                        ),
                                    ),
                                ),
                            ],
                        ),
                    ],
                ),
            ),
        },
    )
    def fetch_task(who_out):
        return json_io(fetch)(rows=who_out)

    who_out = who_task()
    fetch_task(who_out)


if __name__ == "__main__":
    dag.test()
