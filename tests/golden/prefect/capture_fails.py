"""The pipeline capture_fails as a Prefect flow."""

# Made by pipeglot from pipeline "capture_fails", digest a15c7b7be83b.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import StrictFloat, StrictInt, TypeAdapter
from pydantic_core import to_jsonable_python
from typing_extensions import TypedDict


class Score(TypedDict):
    auc: float
    good: bool
    name: str


def score(auc: float, name: str = "m") -> Score:
    return {"auc": auc, "good": auc >= 0.5, "name": name}


def say(text: str) -> str:
    return text


def fails(text: str = "") -> str:
    raise ValueError("told to fail")


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


beside_task = task(json_io(say), name="beside", cache_policy=NO_CACHE)
uses_task = task(json_io(say), name="uses", cache_policy=NO_CACHE)
does_not_use_task = task(json_io(say), name="does_not_use", cache_policy=NO_CACHE)
other_task = task(json_io(say), name="other", cache_policy=NO_CACHE)
end_task = task(json_io(say), name="end", cache_policy=NO_CACHE)


@task(name="score")
def score_task(auc):
    return json_io(score)(auc=auc)


@task(name="fails")
def fails_task():
    return json_io(fails)()


@flow(name="capture_fails")
def capture_fails(auc: StrictFloat | StrictInt = 0.7):
    runs: list[Any] = []
    score = score_task.submit(auc)
    fails = fails_task.submit()
    beside = beside_task.submit(text="independent", wait_for=[score])
    if stopped := unfinished(score, fails):
        version = stopped
    elif score.result()["good"]:
        uses = uses_task.submit(fails)
        does_not_use = does_not_use_task.submit(text="x")
        version = does_not_use
        runs += [uses, does_not_use]
    else:
        other = other_task.submit(text="y")
        version = other
        runs += [other]
    end = end_task.submit(version)
    runs += [score, fails, beside, end]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return end.result()


if __name__ == "__main__":
    capture_fails()
