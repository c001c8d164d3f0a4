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


def json_io(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let `fn` take and give plain JSON, built and checked by its annotations."""

    def exact(digits: str) -> int:
        if abs(int(digits)) > 2**53:
            raise ValueError(f"{digits} is beyond the 2**53 that JSON readers keep")
        return int(digits)

    @functools.wraps(fn)
    def call(**given: Any) -> Any:
        try:
            hints = typing.get_type_hints(fn, include_extras=True)
            types = {name: TypeAdapter(hint) for name, hint in hints.items()}
            built = {}
            for name, value in given.items():
                adapter = types.get(name, TypeAdapter(Any))
                built[name] = adapter.validate_json(json.dumps(value), strict=True)
            adapter = types.get("return", TypeAdapter(Any))
            result = adapter.validate_python(fn(**built), strict=True)
            plain = to_jsonable_python(result, inf_nan_mode="constants")
            text = json.dumps(plain, allow_nan=False, ensure_ascii=False)
            return json.loads(text.encode(), parse_int=exact)
        except Exception as error:
            try:
                f"{error}{traceback.format_exc()}".encode()
            except Exception:  # no engine could keep that
                told = ", ".join(map(ascii, error.args))
                raise type(type(error).__name__, (Exception,), {})(told) from None
            raise

    return call


def run_command(words: list[str], given: dict[str, Any]) -> str:
    """Run a command with `given` as environment; the last line of its output."""
    text = {}
    for name, value in given.items():
        text[name] = value if isinstance(value, str) else json.dumps(value)
    env = {**os.environ, **text}
    done = subprocess.run(words, env=env, stdout=subprocess.PIPE, text=True, check=True)
    return (done.stdout.splitlines() or [""])[-1]


def unfinished(*values):
    """Wait for the futures in `values`; give those that did not complete."""
    found = []
    for value in values:
        if isinstance(value, list):
            found += unfinished(*value)
        elif isinstance(value, PrefectFuture):
            value.wait()
            if not value.state.is_completed():
                found.append(value)
    return found


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
