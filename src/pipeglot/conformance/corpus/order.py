"""Calls, values between them, order without a value, failures and what they stop."""

from pipeglot import group, pipeline, step
from pipeglot.conformance.corpus import Case


@step
def one(n: int = 1) -> int:
    return n


@step
def add(a: int, b: int = 10) -> int:
    return a + b


@step
def total(xs: list[int]) -> int:
    return sum(xs)


@step
def fails(n: int = 0) -> int:
    raise ValueError("told to fail")


@step
def nothing() -> None:
    return None


@pipeline
def chain(start: int = 1) -> int:
    a = one(start)
    b = add(a, 2)
    return add.options(id="last")(b)


@pipeline
def diamond() -> int:
    a = one()
    left = add(a, 1)
    right = add(a, 2)
    return total([left, right, a])


@pipeline
def after_orders_without_value() -> None:
    first = nothing()
    second = one.options(after=[first])()
    add.options(after=[second, first])(3)


@pipeline
def failure_blocks_below_not_beside() -> int:
    bad = fails()
    below = add(bad)
    total([below])
    beside = one(5)
    return add.options(id="beside_too")(beside)


@pipeline
def failing_leaf_beside_succeeding_join() -> int:
    a = one()
    fails(a)
    return add(a)


@pipeline
def after_a_failure_is_blocked() -> None:
    bad = fails()
    one.options(after=[bad])()


@pipeline
def independent_roots() -> None:
    one.options(id="r1")()
    fails.options(id="r2")()
    one.options(id="r3")()


@pipeline
def grouped() -> int:
    a = one()
    with group("features"):
        b = add(a, 1)
        with group("inner"):
            c = add.options(id="deep")(b, 1)
    return total([b, c])


@pipeline
def wide() -> int:
    parts = [one.options(id=f"part_{n}")(n) for n in range(20)]
    return total(parts)


@pipeline
def result_of_a_failed_call() -> int:
    one()
    return fails()


@pipeline
def prepared(n: int = 3) -> int:
    a = one(n)
    return add(a, 1)


@pipeline
def grouped_beside_a_failure() -> None:
    with group("left"):
        bad = fails()
        add.options(id="below")(bad, 1)
    with group("right", description="not touched by what fails beside it"):
        one(1)


@pipeline
def includes() -> int:
    first = one(7)
    ready = prepared(first)
    again = prepared(n=2)
    return total([ready, again])


@pipeline
def blocked_include() -> int:
    bad = fails()
    return add(prepared(bad), 1)


CASES = [
    Case(chain, expect={"one": "succeeded*1=1", "add": "succeeded=3", "last": "succeeded=13"}, result=13),
    Case(chain, name="chain_param", params={"start": 5}, result=17),
    Case(diamond, result=6),
    Case(after_orders_without_value, expect={"nothing": "succeeded=null", "one": "succeeded", "add": "succeeded=13"}),
    Case(
        failure_blocks_below_not_beside,
        "failed",
        {"fails": "failed*1", "add": "blocked*0", "total": "blocked", "one": "succeeded", "beside_too": "succeeded=15"},
        result=15,
    ),
    Case(failing_leaf_beside_succeeding_join, "failed", {"one": "succeeded", "fails": "failed", "add": "succeeded"}),
    Case(after_a_failure_is_blocked, "failed", {"fails": "failed", "one": "blocked"}),
    Case(independent_roots, "failed", {"r1": "succeeded", "r2": "failed", "r3": "succeeded"}),
    Case(grouped, expect={"one": "succeeded", "add": "succeeded=2", "deep": "succeeded=3", "total": "succeeded=5"}),
    Case(grouped_beside_a_failure, "failed", {"fails": "failed", "below": "blocked", "one": "succeeded"}),
    Case(wide, result=190),
    Case(result_of_a_failed_call, "failed", result=None),
    Case(includes, result=11 + 0),
    Case(
        blocked_include,
        "failed",
        {"fails": "failed", "prepared.one": "blocked", "prepared.add": "blocked", "add": "blocked"},
    ),
]
