"""The pipeline secrets_in_scripts as a Prefect flow."""

# Made by pipeglot from pipeline "secrets_in_scripts", digest dcde62e4bf09.

import functools
import json
import os
import subprocess
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import allow_failure, flow, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


def who() -> int:
    return len(os.environ["CORPUS_USER"])


def flaky_login(user: int) -> int:
    token = os.environ["CORPUS_TOKEN"]
    raise PermissionError(f"user of {user} letters, key of {len(token)}")


# golden: shared/json_io.py


# golden: shared/run_command.py


# golden: shared/unfinished.py


who_task = task(json_io(who), name="who")
flaky_login_task = task(json_io(flaky_login), name="flaky_login")


@task(name="or_default", cache_policy=NO_CACHE)
def or_default(outcome, default):
    """What a task gave, or the default that stands in when it failed."""
    return default if isinstance(outcome, BaseException) else outcome


@task(name="sign")
def sign_task():
    return run_command(
        [
            "bash",
            "-c",
            'test -n "$CORPUS_TOKEN" && test -n "$CORPUS_KEY" && echo "${#CORPUS_KEY}"',
        ],
        {},
    )


@flow(name="secrets_in_scripts")
def secrets_in_scripts():
    who = who_task.submit()
    flaky_login = flaky_login_task.submit(who)
    flaky_login = or_default.submit(allow_failure(flaky_login), 0, wait_for=[who])
    sign = sign_task.submit(wait_for=[flaky_login])
    runs = [who, flaky_login, sign]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return f"{who.result()} {flaky_login.result()} {sign.result()}"


if __name__ == "__main__":
    secrets_in_scripts()
