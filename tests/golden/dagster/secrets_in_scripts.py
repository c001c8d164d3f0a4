"""The pipeline secrets_in_scripts as a Dagster job."""

# Made by pipeglot from pipeline "secrets_in_scripts", digest dcde62e4bf09.

import functools
import json
import os
import subprocess
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def who() -> int:
    return len(os.environ["CORPUS_USER"])


def flaky_login(user: int) -> int:
    token = os.environ["CORPUS_TOKEN"]
    raise PermissionError(f"user of {user} letters, key of {len(token)}")


# golden: shared/json_io.py


# golden: shared/run_command.py


def tolerated(context, error, default):
    """Go on with the default; the log and the output tell of the failure."""
    context.log.error(f"failed, and may do so: {error!r}")
    told = {"tolerated": type(error).__name__, "message": str(error)}
    context.add_output_metadata(told)
    return default


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(name="secrets_in_scripts__who")
def who_op():
    return json_io(who)()


@dg.op(
    name="secrets_in_scripts__flaky_login",
    tags={
        "dagster-k8s/config": {
            "container_config": {
                "env": [
                    {
                        "name": "CORPUS_TOKEN",
                        "value_from": {
                            "secret_key_ref": {"name": "corpus", "key": "token"},
                        },
                    },
                    {
                        "name": "CORPUS_KEY",
                        "value_from": {
                            "secret_key_ref": {"name": "corpus", "key": "key.pem"},
                        },
                    },
                ],
            },
        },
    },
)
def flaky_login_op(context: dg.OpExecutionContext, user):
    try:
        return json_io(flaky_login)(user=user)
    except Exception as error:
        return tolerated(context, error, 0)


@dg.op(
    name="secrets_in_scripts__sign",
    ins={"after_flaky_login": dg.In(dg.Nothing)},
    tags={
        "dagster-k8s/config": {
            "container_config": {
                "env": [
                    {
                        "name": "CORPUS_KEY",
                        "value_from": {
                            "secret_key_ref": {"name": "corpus", "key": "key.pem"},
                        },
                    },
                    {
                        "name": "CORPUS_TOKEN",
                        "value_from": {
                            "secret_key_ref": {"name": "corpus", "key": "token"},
                        },
                    },
                ],
            },
        },
    },
)
def sign_op():
    return run_command(
        [
            "bash",
            "-c",
            'test -n "$CORPUS_TOKEN" && test -n "$CORPUS_KEY" && echo "${#CORPUS_KEY}"',
        ],
        {},
    )


@dg.job
def secrets_in_scripts():
    who = who_op.alias("who")()
    flaky_login = flaky_login_op.alias("flaky_login")(user=who)
    sign_op.alias("sign")(after_flaky_login=flaky_login)


defs = dg.Definitions(jobs=[secrets_in_scripts])
