"""The pipeline nested as a Prefect flow."""

# Made by pipeglot from pipeline "nested", digest 4160410091ac.

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
from pydantic import StrictBool, StrictFloat, StrictInt, TypeAdapter
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


strict_pass_task = task(json_io(say), name="strict_pass", cache_policy=NO_CACHE)
strict_fail_task = task(json_io(say), name="strict_fail", cache_policy=NO_CACHE)
loose_task = task(json_io(say), name="loose", cache_policy=NO_CACHE)
down_task = task(json_io(say), name="down", cache_policy=NO_CACHE)
tell_task = task(json_io(say), name="tell", cache_policy=NO_CACHE)


@task(name="score")
def score_task(auc):
    return json_io(score)(auc=auc)


@flow(name="nested")
def nested(auc: StrictFloat | StrictInt = 0.7, strict: StrictBool = False):
    runs: list[Any] = []
    score = score_task.submit(auc)
    if stopped := unfinished(score):
        outcome = stopped
    elif score.result()["auc"] > 0.5:
        if strict:
            if score.result()["auc"] > 0.8:
                strict_pass = strict_pass_task.submit(text="strict pass")
                inner = strict_pass
                runs += [strict_pass]
            else:
                strict_fail = strict_fail_task.submit(text="strict fail")
                inner = strict_fail
                runs += [strict_fail]
            up = inner
        else:
            loose = loose_task.submit(text="loose")
            up = loose
            runs += [loose]
        outcome = up
    else:
        down = down_task.submit(text="down")
        outcome = down
        runs += [down]
    tell = tell_task.submit(outcome)
    runs += [score, tell]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return tell.result()


if __name__ == "__main__":
    nested()
