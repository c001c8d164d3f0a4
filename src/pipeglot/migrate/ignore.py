"""Rules for differences that are known and do not count: kept in a file, each with a reason and a day it ends.

[[ignore]]
call = "report"            # id of the call; left out: the result of the run
path = "$.created_at"      # the place in its output; `*` stands for any key or number
kind = "output"            # left out: output (or result)
reason = "the two servers have clocks of their own"
until = 2026-12-31
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeglot.core.diagnostic import AuthoringError, Diagnostic
from pipeglot.migrate.model import Difference, Kind, Masked

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class Rule(BaseModel):
    """One kind of difference at one place that does not count, up to and including the day `until`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str = Field(min_length=1)
    until: date
    call: str | None = None
    path: str = ""
    kind: Kind | None = None

    def covers(self, difference: Difference) -> bool:
        """Whether a difference is one of those the rule speaks of.

        >>> rule = Rule(call="a", path="$.rows[*].at", reason="clocks", until=date(2026, 1, 1))
        >>> rule.covers(Difference(kind="output", call="a", path="$.rows[3].at"))
        True
        """
        kinds = {"output", "result"} if self.kind is None else {self.kind}
        if difference.kind not in kinds or difference.call != self.call:
            return False
        pattern = re.escape(self.path).replace(r"\*", r"[^.\[\]]+")
        return not self.path or re.fullmatch(rf"{pattern}([.\[].*)?", difference.path, re.DOTALL) is not None


class _Rules(BaseModel):
    model_config = ConfigDict(extra="forbid")

    ignore: list[Rule] = []


def read_rules(file: Path) -> list[Rule]:
    """The rules of a TOML file. Raises AuthoringError (PG361) when it cannot be read or a rule says too little."""
    try:
        return _Rules.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))).ignore
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(f"cannot read {file}: {error}") from None
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise _wrong(f"{file}: {said}") from None


def ignored(
    found: Iterable[Difference], rules: Sequence[Rule], *, today: date
) -> tuple[list[Difference], list[Masked]]:
    """The differences that count, and those a rule covers that has not ended yet."""
    counted, masked = [], []
    for one in found:
        rule = next((rule for rule in rules if rule.covers(one) and today <= rule.until), None)
        if rule is None:
            counted.append(one)
        else:
            masked.append(Masked(difference=one, why="ignored", reason=f"{rule.reason} (until {rule.until})"))
    return counted, masked


def _wrong(message: str) -> AuthoringError:
    way_out = "each [[ignore]] has a reason and a day `until`, and a call, path or kind"
    return AuthoringError([Diagnostic("PG361", "error", message, None, way_out)])
