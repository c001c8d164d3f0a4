"""The pipeline secrets_in_loops."""

# Made by pipeglot from pipeline "secrets_in_loops", digest a525bfc8134e.

import functools
import hashlib
import json
import os
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TriggerRule, task
from kubernetes.client import models as k8s
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def fetch(rows: int) -> str:
    return f"{rows} rows with {_digest(os.environ['CORPUS_TOKEN'])}"


# golden: shared/json_io.py


with DAG(dag_id="secrets_in_loops", schedule=None, catchup=False) as dag:

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
    def fetch_task(each_n):
        return json_io(fetch)(rows=each_n)

    @task(
        task_id="audit",
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
    def audit_task():
        return json_io(fetch)(rows=0)

    fetch_out = fetch_task.expand(each_n=[1, 2])
    end = EmptyOperator(task_id="end", trigger_rule=TriggerRule.NONE_FAILED)
    fetch_out >> end
    # It runs whatever happened; `end`, beside it, keeps the state of the run.
    audit = audit_task().as_teardown(on_failure_fail_dagrun=True)
    fetch_out >> audit


if __name__ == "__main__":
    dag.test()
