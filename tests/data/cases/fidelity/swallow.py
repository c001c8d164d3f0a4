"""Steps that catch what their own time limit raises: the attempt fails all the same."""

import time

from pipeglot import continue_, pipeline, step


@step(timeout="1s")
def predict(seconds: float) -> str:
    try:
        time.sleep(seconds)
        return "model"
    except Exception:
        return "fallback"


@step(timeout="1s")
def stubborn(seconds: float) -> str:
    try:
        time.sleep(seconds)
        return "model"
    except:  # noqa: E722
        return "fallback"


@step(timeout="1s")
def wrapped(seconds: float) -> str:
    try:
        time.sleep(seconds)
        return "model"
    except BaseException as error:
        raise RuntimeError("no model") from error


@step(timeout="1s")
def again(seconds: float) -> str:
    for _ in range(3):
        try:
            time.sleep(seconds)
            return "model"
        except Exception:
            continue
    return "fallback"


@pipeline
def limited() -> str:
    a = predict.options(on_failure=continue_(default="late"))(1.6)
    wrapped.options(on_failure=continue_(default="late"))(1.6)
    again.options(on_failure=continue_(default="late"))(1.6)
    return a


@pipeline
def everything() -> str:
    return stubborn(1.6)
