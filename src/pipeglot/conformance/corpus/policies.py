"""Retries, time limits, tolerated failures, and the Final."""

import os
import time
from pathlib import Path

from pipeglot import Resources, collect, continue_, each, finally_, merge, otherwise, pipeline, run, step, when
from pipeglot.conformance.corpus import Case


@step
def flaky(key: str, failures: int) -> int:
    """Fails its first attempts, counted in a folder that outlives them."""
    counter = Path(os.environ["PIPEGLOT_TEST_STATE"], key)
    count = int(counter.read_text()) if counter.exists() else 0
    counter.write_text(str(count + 1))
    if count < failures:
        raise RuntimeError(f"attempt {count + 1}")
    return count


@step
def slow(seconds: float) -> str:
    time.sleep(seconds)
    return "done"


@step
def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


@step
def number(n: int) -> int:
    return n


@step
def fails_on_one(n: int) -> int:
    if n == 1:
        raise ValueError("one")
    return n


@step
def show(value: int | None) -> str:
    return f"got {value}"


@step
def total(xs: list[int]) -> int:
    return sum(xs)


@step
def notify(text: str) -> str:
    return text


@step
def notify_fails(text: str) -> str:
    raise ValueError("no mail today")


@step
def not_a_number() -> float:
    return float("nan")


@step
def wrong_type() -> int:
    return "three"  # type: ignore[return-value]


@step
def too_large() -> int:
    return 2**60


@pipeline
def retries_that_help() -> int:
    a = flaky.options(retries=2)("a", 2)
    return number(a)


@pipeline
def retries_that_do_not() -> None:
    a = flaky.options(retries=1)("b", 5)
    number(a)


@pipeline
def retries_with_backoff() -> int:
    return flaky.options(retries=3, retry_delay="1s", backoff=2.0, max_delay="2s")("c", 2)


@step
def waited(key: str, seconds: list[float]) -> list[bool]:
    """Fails before each of the waits, and says of each whether it was long enough."""
    log = Path(os.environ["PIPEGLOT_TEST_STATE"], key)
    with log.open("a") as file:
        file.write(f"{time.time()}\n")
    attempts = [float(line) for line in log.read_text().split()]
    if len(attempts) <= len(seconds):
        raise RuntimeError(f"attempt {len(attempts)}")
    gaps = [attempts[n + 1] - attempts[n] for n in range(len(seconds))]
    return [gap >= least for gap, least in zip(gaps, seconds, strict=True)]


@pipeline
def retries_wait() -> list[bool]:
    return waited.options(retries=2, retry_delay="1s")("f", [1.0, 1.0])


@pipeline
def retries_wait_longer() -> list[bool]:
    return waited.options(retries=3, retry_delay="1s", backoff=2.0, max_delay="2s")("g", [1.0, 2.0, 2.0])


@pipeline
def too_slow() -> None:
    a = slow.options(timeout="1s")(2.5)
    notify(a)


@pipeline
def slow_but_in_time() -> None:
    slow.options(timeout="30s")(0.1)


@pipeline
def bad_returns() -> None:
    not_a_number()
    wrong_type()
    too_large.options(retries=1)()
    number(1)


@pipeline
def tolerated() -> str:
    a = fails.options(on_failure=continue_(default=7))()
    b = number(a)
    return show(b)


@pipeline
def tolerated_default_none() -> str:
    a = flaky.options(on_failure=continue_(default=3), retries=1)("d", 9)
    return show(a)


@pipeline
def tolerance_does_not_rescue_blocked() -> None:
    bad = fails()
    below = number.options(on_failure=continue_(default=1))(bad)
    show(below)


@pipeline
def tolerated_leaf() -> None:
    number(1)
    fails.options(on_failure=continue_(default=0))()


@pipeline
def tolerated_that_succeeds() -> int:
    a = number.options(on_failure=continue_(default=9))(4)
    return number.options(id="then")(a)


@pipeline
def tolerated_item() -> int:
    with each([0, 1, 2]) as n:
        v = fails_on_one.options(on_failure=continue_(default=100))(n)
        w = number(v)
    return total(collect(w))


@pipeline
def tolerated_in_arm(go: bool = True) -> str:
    with when(go):
        a = fails.options(on_failure=continue_(default=5))()
    with otherwise():
        b = number(2)
    return show(merge(a, b))


@pipeline
def tolerated_beside_a_failure() -> None:
    a = fails.options(id="tolerated", on_failure=continue_(default=0))()
    show(a)
    fails.options(id="hard")()


@pipeline
def after_a_tolerated_failure() -> None:
    a = fails.options(on_failure=continue_(default=0))()
    number.options(after=[a])(1)


@pipeline
def final_after_success(n: int = 2) -> int:
    a = number(n)
    with finally_() as outcome:
        notify(f"run of {n}: {outcome.state}")
    return a


@pipeline
def final_after_failure() -> None:
    a = fails()
    number(a)
    with finally_() as outcome:
        notify(f"state {outcome.state}")


@pipeline
def final_fails() -> None:
    number(1)
    with finally_() as outcome:
        notify_fails(outcome.state)


@pipeline
def final_fails_after_failure() -> None:
    fails()
    with finally_() as outcome:
        notify_fails(outcome.state)


@pipeline
def final_after_tolerated() -> None:
    fails.options(on_failure=continue_(default=0))()
    with finally_() as outcome:
        notify(f"state {outcome.state}")


@pipeline
def final_after_skips(go: bool = False) -> None:
    with when(go):
        number(1)
    with finally_() as outcome:
        notify(f"state {outcome.state}")


@pipeline
def final_with_retries() -> None:
    number(1)
    with finally_():
        flaky.options(retries=2)("e", 1)


@pipeline
def resources() -> int:
    a = number.options(resources=Resources(cpu=0.5, memory="512Mi"))(1)
    labels = {"cloud.example.com/pool": "gpu"}
    b = number.options(id="b", resources=Resources(cpu=2, memory="4Gi", gpus=1, node_selector=labels))(a)
    return number.options(id="c")(b)


@pipeline
def context() -> str:
    at = notify.options(id="at")(f"{run.logical_date} {run.day}")
    return at


CASES = [
    Case(retries_that_help, expect={"flaky": "succeeded*3=2", "number": "succeeded*1"}),
    Case(retries_that_do_not, "failed", {"flaky": "failed*2", "number": "blocked*0"}),
    Case(retries_with_backoff, expect={"flaky": "succeeded*3"}),
    Case(retries_wait, expect={"waited": "succeeded*3"}, result=[True, True]),
    Case(retries_wait_longer, expect={"waited": "succeeded*4"}, result=[True, True, True]),
    Case(too_slow, "failed", {"slow": "failed*1", "notify": "blocked"}),
    Case(slow_but_in_time, expect={"slow": "succeeded*1"}),
    Case(
        bad_returns,
        "failed",
        {"not_a_number": "failed*1", "wrong_type": "failed*1", "too_large": "failed*2", "number": "succeeded"},
    ),
    Case(tolerated, expect={"fails": "failed*1~", "number": "succeeded=7", "show": "succeeded"}, result="got 7"),
    Case(tolerated_default_none, expect={"flaky": "failed*2~", "show": "succeeded"}, result="got 3"),
    Case(tolerance_does_not_rescue_blocked, "failed", {"fails": "failed*1", "number": "blocked", "show": "blocked"}),
    Case(tolerated_leaf, expect={"number": "succeeded", "fails": "failed~"}),
    Case(tolerated_that_succeeds, result=4),
    Case(
        tolerated_item,
        expect={
            "fails_on_one[0]": "succeeded",
            "fails_on_one[1]": "failed~",
            "fails_on_one[2]": "succeeded",
            "number[0]": "succeeded=0",
            "number[1]": "succeeded=100",
            "number[2]": "succeeded=2",
            "total": "succeeded=102",
        },
    ),
    Case(tolerated_in_arm, expect={"fails": "failed~", "number": "skipped", "show": "succeeded"}, result="got 5"),
    Case(tolerated_in_arm, name="tolerated_not_taken", params={"go": False}, result="got 2"),
    Case(tolerated_beside_a_failure, "failed", {"tolerated": "failed~", "show": "succeeded", "hard": "failed"}),
    Case(after_a_tolerated_failure, expect={"fails": "failed~", "number": "succeeded"}),
    Case(final_after_success, expect={"number": "succeeded", "notify": 'succeeded="run of 2: succeeded"'}, result=2),
    Case(final_after_failure, "failed", {"fails": "failed", "number": "blocked", "notify": 'succeeded="state failed"'}),
    Case(final_fails, "failed", {"number": "succeeded", "notify_fails": "failed"}),
    Case(final_fails_after_failure, "failed", {"fails": "failed", "notify_fails": "failed"}),
    Case(final_after_tolerated, expect={"fails": "failed~", "notify": 'succeeded="state succeeded"'}),
    Case(final_after_skips, expect={"number": "skipped", "notify": 'succeeded="state succeeded"'}),
    Case(final_with_retries, expect={"number": "succeeded", "flaky": "succeeded*2"}),
    Case(resources, expect={"number": "succeeded=1", "b": "succeeded=1", "c": "succeeded=1"}, result=1),
    Case(context, result="2026-03-01T02:00:00Z 2026-03-01"),
]
