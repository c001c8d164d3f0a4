"""A path into text: a missing value by the language (the reference fails), a silent character on every engine."""

from typing import Any

from pipeglot import pipeline, step


@step
def found(kind: str) -> Any:
    return {"label": "cat"} if kind == "one" else {"label": ["cat", "dog"]}


@step
def show(label: Any) -> str:
    return f"label {label}"


@pipeline
def first_label(kind: str = "one") -> str:
    return show(found(kind)["label"][0])
