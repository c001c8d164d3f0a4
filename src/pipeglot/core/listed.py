"""The JSON of diagnostics, as types that pydantic makes its JSON Schema of."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from pipeglot.core.diagnostic import Severity


class Listed(TypedDict):
    """One diagnostic; `file`, `line` and `target` are null when there is none."""

    code: str
    title: str
    severity: Severity
    file: str | None
    line: int | None
    target: str | None
    message: str
    help: str


class Diagnostics(TypedDict):
    """All diagnostics, and how many there are of each severity."""

    schema: Literal["pipeglot.diagnostics/1"]
    counts: dict[Severity, int]
    diagnostics: list[Listed]
