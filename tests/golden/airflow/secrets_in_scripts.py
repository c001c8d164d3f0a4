"""The pipeline secrets_in_scripts."""

# Made by pipeglot from pipeline "secrets_in_scripts", digest dcde62e4bf09.

import functools
import json
import os
import subprocess
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, TriggerRule, task
from kubernetes.client import models as k8s
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def who() -> int:
    return len(os.environ["CORPUS_USER"])


def flaky_login(user: int) -> int:
    token = os.environ["CORPUS_TOKEN"]
    raise PermissionError(f"user of {user} letters, key of {len(token)}")


# golden: shared/json_io.py


# golden: shared/run_command.py


with DAG(dag_id="secrets_in_scripts", schedule=None, catchup=False) as dag:

    @task(task_id="who")
    def who_task():
        return json_io(who)()

    @task(
        task_id="flaky_login",
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
                                k8s.V1EnvVar(
                                    name="CORPUS_KEY",
                                    value_from=k8s.V1EnvVarSource(
                                        secret_key_ref=k8s.V1SecretKeySelector(
                                            name="corpus",
                                            key="key.pem",
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
    def flaky_login_task(who_out):
        return json_io(flaky_login)(user=who_out)

    @task(
        task_id="flaky_login_or_default",
        trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS,
    )
    def flaky_login_or_default_task(flaky_login_out):
        if flaky_login_out is None:
            return 0
        return flaky_login_out

    @task(
        task_id="sign",
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            env=[
                                k8s.V1EnvVar(
                                    name="CORPUS_KEY",
                                    value_from=k8s.V1EnvVarSource(
                                        secret_key_ref=k8s.V1SecretKeySelector(
                                            name="corpus",
                                            key="key.pem",
                                        ),
                                    ),
                                ),
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
    def sign_task():
        return run_command(
            [
                "bash",
                "-c",
                'test -n "$CORPUS_TOKEN" && test -n "$CORPUS_KEY" && echo "${#CORPUS_KEY}"',
            ],
            {},
        )

    who_out = who_task()
    flaky_login_out = flaky_login_task(who_out)
    flaky_login_or_default = flaky_login_or_default_task(flaky_login_out)
    sign = sign_task()
    who_out >> flaky_login_or_default
    flaky_login_or_default >> sign


if __name__ == "__main__":
    dag.test()
