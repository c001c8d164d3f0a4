"""What pipeglot has to say about a pipeline: coded, placed, with a way out; and the table of all codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from pipeglot.core.ir import At

Severity: TypeAlias = Literal["error", "loss", "warning", "note"]
"""`loss`: a difference in meaning the target cannot avoid; it stops a compile unless its code is allowed."""


@dataclass(frozen=True)
class Diagnostic:
    """One finding. `target` names the backend it speaks of, if any; `help` says what to do."""

    code: str
    severity: Severity
    message: str
    at: At | None = None
    help: str = ""
    target: str | None = None


class PipeglotError(Exception):
    """Raised with every diagnostic of a failed operation, never with the first one only."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(f"{d.code} {d.message}" for d in self.diagnostics))


class AuthoringError(PipeglotError):
    """The author's pipeline cannot be traced or is invalid."""


class CompileError(PipeglotError):
    """A target refuses the pipeline."""


class EngineError(PipeglotError):
    """An engine could not be found, installed or run (exit code 3)."""


def blocking(diagnostics: Iterable[Diagnostic], allow: Iterable[str] = ()) -> list[Diagnostic]:
    """Those that stop a compile: errors, and losses whose code is not allowed.

    >>> loss = Diagnostic("PG201", "loss", "no catch-up")
    >>> blocking([loss], allow=["PG201"])
    []
    """
    allowed = frozenset(allow)
    return [
        d for d in diagnostics if d.severity == "error" or (d.severity == "loss" and d.code not in allowed)
    ]


def accept(diagnostics: Iterable[Diagnostic], allow: Iterable[str]) -> list[Diagnostic]:
    """The same diagnostics with allowed losses lowered to notes: accepted, still named."""
    allowed = frozenset(allow)
    return [
        replace(d, severity="note") if d.severity == "loss" and d.code in allowed else d for d in diagnostics
    ]


CODES: dict[str, str] = {
    # 100-149: writing a pipeline
    # 150-169: a step's own source
    # 170-199: the rules of the language
    # 200-299: what a target refuses or loses
    # 300-329: engines and their environments
    "PG300": "no such engine",
    "PG301": "the engine is not installed",
    "PG302": "the engine's Python does not start",
    "PG303": "the engine does not load",
    "PG304": "the engine's version is not supported",
    "PG305": "an environment cannot be made",
    "PG306": "packages conflict",
    "PG307": "packages are missing from the environment",
    "PG308": "uv is missing",
    "PG309": "requirements cannot be read",
    "PG310": "a folder of pipeglot cannot be written",
    "PG311": "the engine is not made for this Python",
    "PG320": "the engine died",
    "PG321": "the engine took too long",
    "PG322": "the engine cannot load the file",
    "PG323": "the engine's server did not start",
    "PG324": "the engine refused the run",
    "PG325": "runs on one server need different settings",
    # 330-349: input files and the command line
    "PG330": "the source cannot be read",
    "PG340": "files cannot be written",
    "PG341": "the output would overwrite the source",
    "PG342": "an argument of the command line is wrong",
    "PG343": "compiled files are stale",
    "PG349": "an error inside pipeglot",
    # 350-369: running
    # 400-499: practice
}
"""Every code with its one-line title, published in the docs and in SARIF rules."""
