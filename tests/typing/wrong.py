# mypy: ignore-errors
# ruff: noqa: B018
"""What type checkers refuse: each marked line, and no other, is an error of mypy; never run."""

from __future__ import annotations

from pipeglot import collect, container, each, finally_, merge, otherwise, pipeline, run, shell, step, when
from tests.typing.right import Model, Variant, best_of, count, credit, ingest, keep, train, validate


@shell("true")
def script(name: str) -> None: ...


@container("image")
def contained(name: str) -> None: ...


@pipeline
def mistakes() -> None:
    train(123, Variant("a"))  # <- arg-type
    train(keep(), Variant("a"), retries=3)  # <- call-arg
    train(keep())  # <- call-arg
    train(keep(), Variant("a"), after=[keep()])  # <- call-arg
    validate(keep)  # <- arg-type
    validate(count())  # <- arg-type
    _, verdict = best_of([], 0.1)
    verdict["aucc"]  # <- misc
    train("a", Variant("a")).acc  # <- attr-defined
    ingest(run.run_id)  # <- arg-type
    run.today  # <- attr-defined
    with when([keep()]):  # <- arg-type
        new = keep()
    with otherwise():
        old = train("a", Variant("b"))
    validate(merge(new, old))  # <- arg-type
    with each(count()) as number:  # <- call-overload
        validate(number)
    validate(collect(new))  # <- arg-type
    script(1)  # <- arg-type
    contained()  # <- call-arg
    keep.options(retires=3)  # <- call-arg
    credit("x")  # <- arg-type
    with finally_() as outcome:
        validate(outcome.status)  # <- attr-defined


@step(retires=2)  # <- call-overload untyped-decorator
def misspelt() -> Model:
    return Model("", 0.0)


@pipeline(owners="risk")  # <- call-overload untyped-decorator
def unknown_setting() -> None:
    keep()
