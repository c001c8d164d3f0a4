"""The pipeline merged_none as a Prefect flow."""

# Made by pipeglot from pipeline "merged_none", digest eb8f10fc44cb.

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
from pydantic import TypeAdapter
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


def maybe(text: str) -> None:
    return None


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


maybe_task = task(json_io(maybe), name="maybe", cache_policy=NO_CACHE)
other_task = task(json_io(maybe), name="other", cache_policy=NO_CACHE)
end_task = task(json_io(say), name="end")


@task(name="score")
def score_task():
    return json_io(score)(auc=0.9)


@flow(name="merged_none")
def merged_none():
    score = score_task.submit()
    if_maybe_runs: list[Any] = []
    if stopped := unfinished(score):
        if_maybe_runs = stopped
    elif score.result()["good"]:
        maybe = maybe_task.submit(text="x")
        if_maybe_runs += [maybe]
    else:
        other = other_task.submit(text="y")
        if_maybe_runs += [other]
    end = end_task.submit(text="end", wait_for=[if_maybe_runs])
    runs = [score, if_maybe_runs, end]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")


if __name__ == "__main__":
    merged_none()
