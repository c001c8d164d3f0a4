"""The folders of one run: each has its own, and their names are taken out of what it gave."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeglot.compare.model import NotCompared
from pipeglot.core.dataclass import dataclass, field
from pipeglot.core.record import CallRecord, Record

ROOT = "ARTIFACT_ROOT"
"""The variable that tells a step where to write files: a folder of its own in every run of a dry-run."""


@dataclass(frozen=True)
class Folders:
    """The folders of one run, by the variable that names each to a step: ARTIFACT_ROOT, PWD, HOME."""

    named: Mapping[str, Path] = field(default_factory=dict)

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """The variables by the names of their folders, as a text may hold them."""
        return {text: name for name, path in self.named.items() for text in (str(path), str(path.resolve()))}

    @cached_property
    def _written(self) -> re.Pattern[str] | None:
        texts = self.texts
        if not texts:
            return None
        longest = sorted(texts, key=len, reverse=True)
        any_ = "|".join(f"(?P<{texts[text]}_{n}>{re.escape(text)})" for n, text in enumerate(longest))
        return re.compile(rf"(?:{any_})(?!\w)")

    def neutral(self, value: Any) -> Any:
        """A JSON value in whose texts the folders' names are the variables, so that two runs can say the same; the
        very same object when there are none.

        >>> Folders({"HOME": Path("/tmp/x1")}).neutral(["/tmp/x1/a.csv", "/tmp/x12"])
        ['$HOME/a.csv', '/tmp/x12']
        """
        pattern = self._written
        return value if pattern is None else _replaced(value, pattern)

    @cached_property
    def files(self) -> frozenset[str]:
        """What lies under ARTIFACT_ROOT and PWD, by relative POSIX path with the variable before it."""
        found: list[str] = []
        for name in (ROOT, "PWD"):
            if (root := self.named.get(name)) is not None:
                for path in walk(root):
                    relative = path.relative_to(root)
                    found += [f"${name}/{one.as_posix()}" for one in (relative, *relative.parents)]
        return frozenset(found)


def _replaced(value: Any, pattern: re.Pattern[str]) -> Any:
    def variable(found: re.Match[str]) -> str:
        return "$" + str(found.lastgroup).rpartition("_")[0]

    match value:
        case str():
            return pattern.sub(variable, value)
        case list():
            parts = [_replaced(one, pattern) for one in value]
            return value if all(a is b for a, b in zip(parts, value, strict=True)) else parts
        case dict():
            items = {pattern.sub(variable, key): _replaced(one, pattern) for key, one in value.items()}
            return value if all(k in value and value[k] is one for k, one in items.items()) else items
    return value


def neutral(record: Record, folders: Folders) -> Record:
    """A record in whose outputs, result and error messages the run's own folders are written as the variables that
    named them: the folders are gone with the run."""
    calls = tuple(_neutral_call(call, folders) for call in record.calls)
    changes: dict[str, Any] = {}
    if any(a is not b for a, b in zip(calls, record.calls, strict=True)):
        changes["calls"] = calls
    if (result := folders.neutral(record.result)) is not record.result:
        changes["result"] = result
    return record.model_copy(update=changes) if changes else record


def _neutral_call(call: CallRecord, folders: Folders) -> CallRecord:
    changes: dict[str, Any] = {}
    if (output := folders.neutral(call.output)) is not call.output:
        changes["output"] = output
    if call.error is not None and (message := folders.neutral(call.error.message)) != call.error.message:
        changes["error"] = call.error.model_copy(update={"message": message})
    return call.model_copy(update=changes) if changes else call


def walk(root: Path) -> Iterator[Path]:
    """All that is no folder below one; links to folders are not gone into."""
    for folder, folders, files in os.walk(root):
        folders.sort()
        yield from (Path(folder, name) for name in sorted(files))
        yield from (Path(folder, name) for name in folders if Path(folder, name).is_symlink())


def shared(env: Mapping[str, str]) -> list[NotCompared]:
    """The folders that both sides have in common, because their variables were given.

    >>> [gap.what for gap in shared({"ARTIFACT_ROOT": "/data", "DAY": "1"})]
    ['files under ARTIFACT_ROOT']
    """
    why = "both sides were given the same folder"
    return [NotCompared(what=f"files under {name}", why=why) for name in (ROOT, "HOME") if name in env]
