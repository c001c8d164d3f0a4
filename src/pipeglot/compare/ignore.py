"""Rules of a comparison, kept in a file: differences that are known and do not count, how a table's rows are named, and
how files are compared.

[[ignore]]
call = "report"            # id of the call; left out: the result of the run
path = "$.created_at"      # the place in its output; `*` stands for any key or number
kind = "output"            # left out: whatever differs there, in the output or in a file it names
reason = "the two servers have clocks of their own"
until = 2026-12-31

[[table]]
call = "features"
path = "$.rows"            # left out: the whole output; a list of records, or the name of a file that holds one
key = ["id"]               # the columns that name a row, so that the order of the rows does not matter

[[artifact]]
call = "train"
path = "$.model"           # the name of a file or folder; within a folder `$.models/*.pkl`
compare = "metrics"        # bytes, table, metrics or none
reason = "the training is not deterministic"    # for none and metrics
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeglot.compare.model import CONTENT, Difference, Kind, Masked
from pipeglot.core.diagnostic import AuthoringError, Diagnostic

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class _Location(BaseModel):
    """A place in what a call gives."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    call: str | None = None
    path: str = ""

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.escape(self.path).replace(r"\*", r"[^.\[\]]+"), re.DOTALL)

    def at(self, call: str | None, path: str) -> bool:
        """Whether this is just that place.

        >>> TableRule(call="a", path="$.parts[*]", key=("id",)).at("a", "$.parts[3]")
        True
        """
        return call == self.call and self._pattern.fullmatch(path) is not None

    def around(self, call: str | None, path: str) -> bool:
        """Whether that place is this one or within it."""
        found = self._pattern.match(path) if call == self.call else None
        return found is not None and (found.end() == len(path) or path[found.end()] in ".[/" or not self.path)


class Rule(_Location):
    """One kind of difference at one place that does not count, up to and including the day `until`."""

    reason: str = Field(min_length=1)
    until: date
    kind: Kind | None = None

    def covers_place(self, difference: Difference, place: str) -> bool:
        """Whether the rule speaks of one place that a difference is about.

        >>> rule = Rule(call="a", path="$.rows[*].at", reason="clocks", until=date(2026, 1, 1))
        >>> rule.covers_place(Difference(kind="output", call="a", path="$.rows[3].at"), "$.rows[3].at")
        True
        """
        kinds = CONTENT if self.kind is None else {self.kind}
        return difference.kind in kinds and self.around(difference.call, place)


class TableRule(_Location):
    """The columns that name the rows of the table at one place."""

    path: str = Field(default="$", min_length=1)
    key: tuple[str, ...] = Field(min_length=1)


class ArtifactRule(_Location):
    """How the file or folder that is named at one place is compared.

    `bytes`: as it is; `table`: as rows, whatever the ending of its name; `metrics`: by the metrics that stand beside it;
    `none`: not at all, which the report says.
    """

    path: str = Field(default="$", min_length=1)
    compare: Literal["bytes", "table", "metrics", "none"]
    reason: str = ""

    @model_validator(mode="after")
    def _says_why(self) -> ArtifactRule:
        if self.compare in ("metrics", "none") and not self.reason:
            raise ValueError(f"compare = {self.compare!r} leaves something out, and needs a reason")
        return self


class Rules(BaseModel):
    """All rules of a file, in its order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ignore: tuple[Rule, ...] = ()
    table: tuple[TableRule, ...] = ()
    artifact: tuple[ArtifactRule, ...] = ()


def read_rules(file: Path) -> Rules:
    """The rules of a TOML file.

    Raises:
        AuthoringError: PG361 when it cannot be read or an ignore rule is wrong, PG379 when one for a table or an
            artifact is.
    """
    try:
        text = file.read_text(encoding="utf-8")
        return Rules.model_validate(tomllib.loads(text))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AuthoringError(
            [Diagnostic("PG361", "error", f"cannot read {file}: {error}", None, _WAYS["ignore"])]
        ) from None
    except ValidationError as error:
        raise AuthoringError([_wrong(file, text, one["loc"], one["msg"]) for one in error.errors()]) from None


_WAYS = {
    "ignore": "each [[ignore]] has a reason and a day `until`, and a call, path or kind",
    "table": 'each [[table]] has a key, such as key = ["id"], and the call and path of a table',
    "artifact": "each [[artifact]] has compare = bytes, table, metrics or none (the last two with a reason), a call and a path",
}


def _wrong(file: Path, text: str, loc: Sequence[int | str], message: str) -> Diagnostic:
    """What is wrong with one rule, at the line where it starts."""
    kind, *rest = map(str, loc)
    place = f"{file}: {kind}"
    if rest:
        heads = [n for n, line in enumerate(text.splitlines(), 1) if re.match(rf"\s*\[\[\s*{kind}\s*\]\]", line)]
        number = int(loc[1])
        line = f":{heads[number]}" if number < len(heads) else ""
        place = f"{file}{line}: [[{kind}]] number {number + 1}" + "".join(f": {name}" for name in rest[1:2])
    code = "PG379" if kind in ("table", "artifact") else "PG361"
    return Diagnostic(code, "error", f"{place}: {message}", None, _WAYS.get(kind, "; ".join(_WAYS.values())))


def ignored(
    found: Iterable[Difference], rules: Sequence[Rule], *, today: date
) -> tuple[list[Difference], list[Masked]]:
    """The differences that count, and those a rule covers that has not ended yet."""
    counted, masked = [], []
    valid = [rule for rule in rules if today <= rule.until]
    for one in found:
        covering = [next((r for r in valid if r.covers_place(one, place)), None) for place in one.places]
        reasons = {f"{rule.reason} (until {rule.until})" for rule in covering if rule is not None}
        if None in covering:
            counted.append(one)
        else:
            masked.append(Masked(difference=one, why="ignored", reason="; ".join(sorted(reasons))))
    return counted, masked
