"""Statements of Python that act only while a pipeline is traced are refused at their line; what is harmless is not."""

# mypy: disable-error-code="unreachable, no-untyped-call"
from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, aclosing, contextmanager, nullcontext, suppress
from typing import Any

import pytest

from pipeglot import (
    AuthoringError,
    backends,
    collect,
    each,
    engines,
    finally_,
    group,
    merge,
    otherwise,
    pipeline,
    step,
    when,
)
from pipeglot.compare.records import compare
from pipeglot.core.ir import Call, Pipeline, walk
from pipeglot.core.record import Record
from pipeglot.engines.run import Request, run_many
from pipeglot.meaning.run import execute


@step
def work(n: int = 1) -> int:
    return n


@step
def stop() -> None: ...


@step
def fails() -> None:
    raise ValueError("no")


@contextmanager
def stage(name: str) -> Iterator[None]:
    with group(name):
        yield


@contextmanager
def cluster() -> Iterator[int]:
    made = work()
    try:
        yield made
    finally:
        stop()


class Closed:
    async def aclose(self) -> None: ...


LAST: Any = None

# Each function is one mistake: the line that is refused is marked.


def caught() -> int:
    try:  # <- PG118 continue_
        x = work()
    except ValueError:
        x = work(2)
    return x


def cleaned_up() -> None:
    try:  # <- PG118 finally_
        work()
    finally:
        stop()


def caught_around_a_block(n: int = 1) -> None:
    try:  # <- PG118 try/except
        with when(n > 1):
            raise ValueError("n")
    except ValueError:
        stop()


def suppressed() -> None:
    with suppress(ValueError):  # <- PG118 `suppress`
        work()


def suppressed_on_one_line() -> None:
    with suppress(ValueError): work()  # fmt: skip  # noqa: E701  # <- PG118 `suppress`


def suppressed_beside_a_block(n: int = 1) -> None:
    with when(n > 1), suppress(ValueError):  # <- PG118 of `suppress` is
        work()


def in_a_context_manager_of_the_file() -> None:
    with cluster() as made:  # <- PG118 `cluster`
        work(made)


def warned() -> None:
    with warnings.catch_warnings():  # <- PG118 `warnings.catch_warnings`
        stop()


def in_a_function_inside() -> None:
    def inner() -> int:
        try:  # <- PG118 try/except/finally
            return work()
        except ValueError:
            return 2
        finally:
            stop()

    inner()


def in_a_lambda() -> None:
    made = lambda: work()  # noqa: E731
    try:  # <- PG118 try/except
        made()
    except ValueError:
        stop()


def in_a_coroutine() -> None:
    async def main() -> None:
        async with aclosing(Closed()):  # <- PG118 `aclosing`
            work()

    list(main().__await__())  # no loop: another test may have one running


def in_threads() -> None:
    pool = ThreadPoolExecutor(1)
    list(pool.map(lambda n: work(n), [1, 2]))  # <- PG118 side by side anyway


def polls() -> None:
    while not work():  # <- PG101 loop inside a step
        pass


def polls_for_ever() -> None:
    while True:  # <- PG101 loop inside a step
        stop()


def polls_until_it_works() -> None:
    while True:  # <- PG101 loop inside a step
        try:
            work()
            break
        except Exception:
            continue


def returns_in_a_branch(n: int = 1) -> None:
    with when(n > 1):
        stop()
        return  # <- PG118 merge()
    stop()


def breaks_in_a_branch(n: int = 1) -> None:
    for limit in (1, 2):
        with when(n > limit):
            work(limit)
            break  # <- PG118 leaves out


def continues_in_a_loop() -> None:
    for limit in (1, 2):
        with each([limit]) as n:
            work(n)
            if limit == 1:
                continue  # <- PG118 leaves out
        stop()


def kept_globally() -> None:
    global LAST
    LAST = work()  # <- PG118 pass it to the step


def raises_in_a_branch(n: int = 1) -> None:
    with when(n > 1):
        raise ValueError("too many")  # <- PG130 raise it inside a step


def matches_a_shape() -> None:
    match work():
        case None:  # <- PG101 no shape
            stop()
        case [_, *_]:
            stop()


def walrus() -> None:
    if (made := work()) is None:  # <- PG101 `is`
        stop()
    work(made)


MISTAKES = [value for value in list(globals().values()) if inspect.isfunction(value) and value.__module__ == __name__]
MISTAKES = [value for value in MISTAKES if "# <- PG" in inspect.getsource(value)]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda fn: fn.__name__)
def test_what_only_acts_while_tracing_is_refused_at_its_line(mistake: Callable[..., Any]) -> None:
    lines, first = inspect.getsourcelines(mistake)
    (marked,) = [(n, line.split("# <- ")[1].strip()) for n, line in enumerate(lines, first) if "# <- " in line]
    code, _, words = marked[1].partition(" ")
    with pytest.raises(AuthoringError) as refused:
        pipeline(mistake).ir()
    found = [one for one in refused.value.diagnostics if one.at is not None and one.at.line == marked[0]]
    assert [one.code for one in found] == [code], refused.value.diagnostics
    assert words in f"{found[0].message} {found[0].help}"


def _elsewhere() -> int:
    try:
        return work()
    except ValueError:
        return work(2)


def test_a_helper_beside_the_pipeline_is_looked_at_too() -> None:
    def made() -> None:
        _elsewhere()

    line = inspect.getsourcelines(_elsewhere)[1] + 1
    with pytest.raises(AuthoringError) as refused:
        pipeline(made).ir()
    assert [(one.code, one.at and one.at.line) for one in refused.value.diagnostics] == [("PG118", line)]


def harmless(n: int = 1) -> list[int]:
    """Python that decides on constants, and blocks of the pipeline however they are opened."""
    count = 3
    while count > 0:
        stop()
        count -= 1
    try:
        import no_such_module  # type: ignore[import-not-found]
    except ImportError:
        no_such_module = None
    with open(__file__, encoding="utf-8") as file:
        first = file.readline()
    with nullcontext() if no_such_module else group("named"):
        work(len(first))
    with ExitStack() as stack:
        stack.enter_context(group("stacked"))
        stop()
    with stage("one"), stage("two"):
        stop()
    with each([work(5)]) as outer, stage("three"), each([outer, n]) as item:
        made = work(item)
    with when(n > 1):
        for size in range(3):
            if size == 1:
                continue
            stop()

    def inner(size: int | None = None) -> int:
        return work(3 if size is None else size)

    sizes = [inner(size) for size in (None, 2)]
    with group("last"):
        sizes.append(work())
        return sizes
    return [made]


def test_what_is_decided_by_constants_stays_allowed() -> None:
    made = pipeline(harmless)
    assert [one for one in made.check() if one.severity != "note"] == []
    assert made.run(n=2).state == "succeeded"


def test_an_id_of_one_call_names_no_other_call_anew() -> None:
    def ids(*calls: Any) -> list[str]:
        @pipeline
        def made() -> None:
            for call in calls:
                call()

        return [node.id for node in walk(made.ir().body) if isinstance(node, Call)]

    assert ids(work, work, stop) == ["work", "work_2", "stop"]
    assert ids(work.options(id="first"), work, stop) == ["first", "work_2", "stop"]
    assert ids(work, work.options(id="work_2"), work) == ["work", "work_2", "work_3"]
    assert ids(work.options(id="work_2"), work, work.options(id="work")) == ["work_2", "work_3", "work"]

    @pipeline
    def named() -> None:
        first = work.options(id="one")()
        second = work()
        stop.options(after=[first, second])()

    assert [node.id for node in walk(named.ir().body)] == ["one", "second", "stop"]


# ---------------------------------------------------------------- after blocks


@pipeline
def after_a_block(n: int = 3) -> None:
    with when(n > 2) as decided:
        work(n)
    with each([1, 2]) as looped:
        work(looped)
    with each([1, 2]):
        work.options(id="inside", after=decided)()
    stop.options(id="last", after=decided)()


@pipeline
def after_a_group(n: int = 3) -> int:
    with group("first") as first:
        a = work.options(id="a")()
        with when(n > 2):
            fails.options(id="b")()
        with group("inner") as inner:
            c = work.options(id="c", after=a)()
    with group("empty") as empty:
        pass
    stop.options(id="blocked", after=first)()
    stop.options(id="runs", after=[inner, empty])()
    with when(n > 1, after=inner) as second:
        x = work.options(id="x")(c)
    with otherwise():
        y = work.options(id="y")(4)
    stop.options(id="both", after=(second, empty))()
    return merge(x, y)


@pipeline
def after_a_loop() -> list[int]:
    with each([1, 2, 3]) as n:
        made = work(n)
    with each([4, 5], after=collect(made)) as m:
        more = work(m)
    return collect(more)


ORDERED: dict[str, tuple[Pipeline, dict[str, Any]]] = {
    "block": (after_a_block.ir(), {}),
    "arm not taken": (after_a_block.ir(), {"n": 1}),
    "group": (after_a_group.ir(), {}),
    "group without failure": (after_a_group.ir(), {"n": 2}),
    "loop": (after_a_loop.ir(), {}),
}


def _states(record: Record) -> dict[str, str]:
    return {call.id: call.state for call in record.calls if not call.index}


def test_after_a_block_means_after_all_that_is_in_it() -> None:
    assert after_a_block.ir().body[-1].after == ("if_work",)  # type: ignore[union-attr]
    failed = _states(execute(after_a_group.ir()))
    assert (failed["blocked"], failed["runs"], failed["both"]) == ("blocked", "succeeded", "succeeded")
    assert set(_states(execute(after_a_group.ir(), params={"n": 2})).values()) == {"succeeded", "skipped"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("open", "once it has ended"),
        ("final", "the outcome of finally_(), which is nothing"),
        ("never", "not entered"),
        ("text", "nothing to wait"),
    ],
)
def test_what_cannot_be_waited_for_is_named(name: str, words: str) -> None:
    @pipeline
    def made() -> None:
        with group("g") as opened:
            stop.options(after=opened if name == "open" else ())()
        with finally_() as final:
            stop()
        stop.options(after={"open": (), "final": final, "never": group("h"), "text": "text"}[name])()

    with pytest.raises(AuthoringError) as refused:
        made.ir()
    found = refused.value.diagnostics[0]
    assert found.code == "PG127" and words in f"{found.message} {found.help}", found


@pytest.mark.engine
@pytest.mark.parametrize("target", backends.TARGETS)
def test_after_a_block_or_a_group_every_engine_agrees_with_the_reference(target: str) -> None:
    requests = [Request(made, params=params) for made, params in ORDERED.values()]
    found = run_many(requests, target, python=engines.find(target).python, timeout=200)
    for name, request, outcome in zip(ORDERED, requests, found, strict=True):
        assert isinstance(outcome, Record), (name, outcome)
        assert compare(outcome, execute(request.pipeline, params=request.params)) == [], name
