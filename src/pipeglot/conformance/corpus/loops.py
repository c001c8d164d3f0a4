"""Each: items known now or at run time, bodies of several calls, conditions and loops inside, zero items."""

import time

from typing_extensions import TypedDict

from pipeglot import collect, each, elsewhen, merge, otherwise, pipeline, step, when
from pipeglot.conformance.corpus import Case


class Part(TypedDict):
    name: str
    size: int


@step
def numbers(n: int = 3) -> list[int]:
    return list(range(n))


@step
def parts(sizes: list[int]) -> list[Part]:
    return [{"name": f"part-{i}", "size": size} for i, size in enumerate(sizes)]


@step
def double(x: int, plus: int = 0) -> int:
    return 2 * x + plus


@step
def fails_on(x: int, bad: int = 1) -> int:
    if x == bad:
        raise ValueError(f"told to fail on {bad}")
    return x


@step
def odd_or_none(x: int) -> int | None:
    return x if x % 2 else None


@step
def total(xs: list[int]) -> int:
    return sum(xs)


@step
def show(xs: list[int | None]) -> str:
    return ",".join(str(x) for x in xs)


@step
def name_of(part: Part) -> str:
    return part["name"]


@step
def join(texts: list[str]) -> str:
    return "+".join(texts)


@step
def fails() -> list[int]:
    raise ValueError("told to fail")


@step
def say(text: str) -> str:
    return text


@step
def nap(x: int, seconds: float) -> int:
    """Long enough to meet another one that may run at the same time."""
    time.sleep(seconds)
    return x


@step
def anything(kind: str) -> dict[str, list[int]]:
    return {} if kind == "missing" else {"items": [1, 2]}


@pipeline
def static() -> int:
    with each([1, 2, 3]) as x:
        y = double(x)
    return total(collect(y))


@pipeline
def over_params(sizes: list[int] = [4, 5]) -> int:
    return total(each(sizes, lambda s: double(s, 1)))


@pipeline
def runtime(n: int = 3) -> int:
    xs = numbers(n)
    with each(xs) as x:
        y = double(x)
    result = total(collect(y))
    return double.options(id="then")(result)


@pipeline
def zero_items_then_more(n: int = 0) -> str:
    xs = numbers(n)
    with each(xs) as x:
        y = double(x)
        z = double.options(id="again")(y)
    t = total(collect(z))
    say.options(id="after_loop", after=[y])("after")
    return say.options(id="end")(f"total {t}")


@pipeline
def records(sizes: list[int] = [3, 0]) -> str:
    with each(parts(sizes)) as part:
        label = name_of(part)
        doubled = double(part["size"])
    return say(f"{join(collect(label))} {total(collect(doubled))}")


@pipeline
def failing_item() -> str:
    with each([0, 1, 2]) as x:
        a = fails_on(x)
        b = double(a)
    total(collect(b))
    return say("beside")


@pipeline
def failing_item_last_call() -> None:
    with each(numbers(3)) as x:
        a = double(x)
        b = fails_on(a, bad=2)
    collected = collect(a)
    total.options(id="of_a")(collected)
    total.options(id="of_b")(collect(b))


@pipeline
def none_keeps_its_place() -> str:
    with each([1, 2, 3, 4]) as x:
        y = odd_or_none(x)
    return show(collect(y))


@pipeline
def items_that_are_none() -> str:
    xs = each([1, 2, 3], lambda x: odd_or_none(x))
    with each(xs) as maybe:
        z = say(f"item {maybe}")
    return join(collect(z))


@pipeline
def captures_outside(base: int = 5) -> int:
    b = double.options(id="base")(base)
    with each(numbers(2)) as x:
        y = double.options(id="double")(x, b)
    return total(collect(y))


@pipeline
def captured_failure_blocks_the_loop() -> None:
    bad = fails()
    with each(numbers(2)) as x:
        y = double(x)
        say.options(after=[bad])(f"{y}")
    total(collect(y))


@pipeline
def items_failed() -> None:
    with each(fails()) as x:
        y = double(x)
        double.options(id="second")(y)
    total(collect(y))
    say("beside")


@pipeline
def items_are_missing(kind: str = "missing") -> None:
    found = anything(kind)
    with each(found["items"]) as x:
        y = double(x)
    total(collect(y))
    say("beside")


@pipeline
def branch_in_loop(n: int = 4) -> str:
    with each(numbers(n)) as x:
        d = double(x)
        with when(d > 3):
            big = say.options(id="big")(f"big {d}")
        with elsewhen(d == 0):
            zero = say.options(id="zero")("zero")
        with otherwise():
            small = say.options(id="small")(f"small {x}")
        word = merge(big, zero, small)
        loud = say.options(id="loud")(f"{word}!")
    return join(collect(loud))


@pipeline
def branch_without_merge_in_loop() -> int:
    with each([0, 1, 2]) as x:
        d = double(x)
        with when(d == 2):
            fails_on.options(id="only_two")(d, bad=2)
        e = double.options(id="anyway")(x)
    return total(collect(e))


@pipeline
def loop_in_branch(n: int = 2, go: bool = True) -> int:
    xs = numbers(n)
    with when(go):
        with each(xs) as x:
            y = double(x)
        t = total(collect(y))
    with otherwise():
        other = total.options(id="other")([100])
    return double.options(id="end")(merge(t, other))


@pipeline
def static_in_static() -> int:
    with each([1, 2]) as x:
        with each([10, 20]) as y:
            z = double(x, y)
        inner = total.options(id="inner")(collect(z))
    return total.options(id="outer")(collect(inner))


@pipeline
def runtime_in_static() -> int:
    with each([1, 3]) as n:
        xs = numbers(n)
        with each(xs) as y:
            z = double(y, n)
        inner = total.options(id="inner")(collect(z))
    return total.options(id="outer")(collect(inner))


@pipeline
def static_in_runtime() -> int:
    with each(numbers(3)) as x:
        with each([10, 20]) as y:
            z = double(y, x)
        inner = total.options(id="inner")(collect(z))
    return total.options(id="outer")(collect(inner))


@pipeline
def runtime_in_runtime() -> None:
    with each(numbers(3)) as n:
        xs = numbers.options(id="inner_numbers")(n)
        with each(xs) as y:
            z = double(y, n)
            double.options(id="twice")(z)


@pipeline
def failure_in_a_nested_loop() -> None:
    with each([0, 1]) as x:
        with each([0, 1, 2]) as y:
            a = fails_on(y, bad=x)
            double(a)
        say.options(id="beside")(f"{x}")


@pipeline
def bounded() -> int:
    with each(numbers(5), max_parallel=2) as x:
        y = double(x)
        z = double.options(id="second")(y)
    return total(collect(z))


@pipeline
def one_at_a_time() -> int:
    with each([1, 2, 3], max_parallel=1) as x:
        y = nap(x, 0.2)
    return total(collect(y))


@pipeline
def two_at_a_time(count: int = 4) -> int:
    with each(numbers(count), max_parallel=2) as x:
        y = nap(x, 0.5)
    return total(collect(y))


@pipeline
def loop_after_loop() -> int:
    with each(numbers(3)) as x:
        y = double(x)
    ys = collect(y)
    with each(ys) as v:
        w = double.options(id="again")(v)
    return total(collect(w))


@pipeline
def one_item(n: int = 4) -> int:
    t = total(numbers(n))
    return total.options(id="sum")(each([t], lambda v: double(v)))


@pipeline
def inner(n: int = 2) -> int:
    return total(each(numbers(n), lambda x: double(x)))


@pipeline
def include_in_static_loop() -> int:
    with each([2, 3]) as n:
        v = inner(n)
    return total(collect(v))


@pipeline
def collect_of_a_merge_and_a_field(n: int = 3) -> str:
    with each(parts([1, 2])) as part:
        with when(part["size"] > 1):
            a = say.options(id="large")(part["name"])
        with otherwise():
            b = say.options(id="little")("little")
        chosen = merge(a, b)
    return join(collect(chosen))


@pipeline
def after_a_branch_with_a_branch_in_a_loop() -> None:
    with each(numbers(4)) as x:
        with when(x < 3) as outer:
            with when(x == 1):
                say.options(id="one")("one")
            with otherwise():
                say.options(id="not_one")("not one")
        say.options(id="after", after=[outer])(f"after {x}")


@pipeline
def empty_loop_in_an_arm(go: bool = True) -> int:
    with when(go) as branch, each(list[int]()) as n:
        double.options(id="never")(n)
    return double.options(id="last", after=[branch])(2)


CASES = [
    Case(empty_loop_in_an_arm, expect={"last": "succeeded=4"}),
    Case(
        empty_loop_in_an_arm,
        name="empty_loop_in_an_arm_not_taken",
        params={"go": False},
        expect={"never": "skipped", "last": "succeeded=4"},
    ),
    Case(
        static,
        expect={
            "double[0]": "succeeded=2",
            "double[1]": "succeeded=4",
            "double[2]": "succeeded=6",
            "total": "succeeded=12",
        },
        result=12,
    ),
    Case(over_params, result=20),
    Case(over_params, name="over_no_params", params={"sizes": []}, expect={"total": "succeeded=0"}, result=0),
    Case(runtime, result=12),
    Case(
        zero_items_then_more,
        expect={"numbers": "succeeded=[]", "total": "succeeded=0", "after_loop": "succeeded", "end": "succeeded"},
        result="total 0",
    ),
    Case(zero_items_then_more, name="some_items_then_more", params={"n": 2}, result="total 4"),
    Case(records, result="part-0+part-1 6"),
    Case(records, name="records_empty", params={"sizes": []}, result=" 0"),
    Case(
        failing_item,
        "failed",
        {
            "fails_on[0]": "succeeded",
            "fails_on[1]": "failed",
            "fails_on[2]": "succeeded",
            "double[0]": "succeeded=0",
            "double[1]": "blocked*0",
            "double[2]": "succeeded=4",
            "total": "blocked",
            "say": "succeeded",
        },
    ),
    Case(
        failing_item_last_call,
        "failed",
        {
            "numbers": "succeeded",
            "double[0]": "succeeded",
            "double[1]": "succeeded",
            "double[2]": "succeeded",
            "fails_on[0]": "succeeded",
            "fails_on[1]": "failed",
            "fails_on[2]": "succeeded",
            "of_a": "succeeded=6",
            "of_b": "blocked",
        },
    ),
    Case(none_keeps_its_place, result="1,None,3,None"),
    Case(items_that_are_none, result="item 1+item None+item 3"),
    Case(captures_outside, result=22),
    Case(
        captured_failure_blocks_the_loop,
        "failed",
        {"fails": "failed", "numbers": "succeeded", "double": "blocked", "say": "blocked", "total": "blocked"},
    ),
    Case(
        items_failed,
        "failed",
        {"fails": "failed", "double": "blocked", "second": "blocked", "total": "blocked", "say": "succeeded"},
    ),
    Case(
        items_are_missing,
        "failed",
        {"anything": "succeeded", "each_x": "failed*0", "double": "blocked", "total": "blocked", "say": "succeeded"},
    ),
    Case(
        items_are_missing,
        name="items_are_there",
        params={"kind": "x"},
        expect={
            "anything": "succeeded",
            "double[0]": "succeeded",
            "double[1]": "succeeded",
            "total": "succeeded=6",
            "say": "succeeded",
        },
    ),
    Case(branch_in_loop, result="zero!+small 1!+big 4!+big 6!"),
    Case(branch_in_loop, name="branch_in_empty_loop", params={"n": 0}, result=""),
    Case(
        branch_without_merge_in_loop,
        "failed",
        {
            **{f"double[{i}]": "succeeded" for i in range(3)},
            **{f"anyway[{i}]": "succeeded" for i in range(3)},
            "only_two[0]": "skipped",
            "only_two[1]": "failed",
            "only_two[2]": "skipped",
            "total": "succeeded=6",
        },
    ),
    Case(loop_in_branch, result=4),
    Case(loop_in_branch, name="loop_in_branch_empty", params={"n": 0}, result=0),
    Case(
        loop_in_branch,
        name="loop_in_branch_not_taken",
        params={"go": False},
        expect={
            "numbers": "succeeded",
            "double": "skipped",
            "total": "skipped",
            "other": "succeeded",
            "end": "succeeded=200",
        },
    ),
    Case(static_in_static, result=(2 + 10 + 2 + 20) + (4 + 10 + 4 + 20)),
    Case(runtime_in_static, result=1 + (3 + 5 + 7)),
    Case(static_in_runtime, result=60 + 62 + 64),
    Case(runtime_in_runtime),
    Case(failure_in_a_nested_loop, "failed"),
    Case(bounded, result=40),
    Case(one_at_a_time, result=6),
    Case(two_at_a_time, result=6),
    Case(loop_after_loop, result=12),
    Case(
        after_a_branch_with_a_branch_in_a_loop,
        expect={
            "numbers": "succeeded",
            **{f"one[{i}]": "succeeded" if i == 1 else "skipped" for i in range(4)},
            **{f"not_one[{i}]": "succeeded" if i in (0, 2) else "skipped" for i in range(4)},
            **{f"after[{i}]": "succeeded" for i in range(4)},
        },
    ),
    Case(one_item, result=12),
    Case(include_in_static_loop, result=2 + 6),
    Case(collect_of_a_merge_and_a_field, result="little+part-1"),
]
