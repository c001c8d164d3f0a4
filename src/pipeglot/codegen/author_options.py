"""What an author sets for one target alone (`Pipeline.options`): tables with known names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from pipeglot.core.dataclass import dataclass, field
from pipeglot.core.diagnostic import Diagnostic, did_you_mean
from pipeglot.core.ir import Json, Pipeline


class OptionTable(NamedTuple):
    """A table of options: its name, what it may set (by type, where one alone is taken), and what that is set for."""

    name: str
    known: Collection[str] | Mapping[str, type]
    place: str


@dataclass
class AuthorOptions:
    """The author's options for a target, checked: those of the whole, and those of calls by their id."""

    pipeline: Pipeline
    target: str
    whole: dict[str, Json] = field(default_factory=dict)
    calls: dict[str, dict[str, Json]] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @classmethod
    def read(
        cls, pipeline: Pipeline, target: str, whole: OptionTable, calls: OptionTable, ids: Collection[str]
    ) -> AuthorOptions:
        """Options that are told apart, as in `{"dag": {...}, "tasks": {call id: {...}}}`."""
        found = cls(pipeline, target)
        given = found.own(OptionTable("", {whole.name: dict, calls.name: dict}, f"the target {target}"))
        found.whole = found._known(given.get(whole.name, {}), whole)
        for id, told in found._known(
            given.get(calls.name, {}), OptionTable("", dict.fromkeys(ids, dict), f"the table {calls.name!r}")
        ).items():
            found.calls[id] = found._known(told, calls._replace(place=f"{calls.place} of {id!r}"))
        return found

    def own(self, table: OptionTable) -> dict[str, Json]:
        """What the author sets for the target, without what it does not know."""
        return self._known(self.pipeline.options.get(self.target, {}), table)

    def _known(self, given: Mapping[str, Json], table: OptionTable) -> dict[str, Json]:
        kept: dict[str, Json] = {}
        for name, value in given.items():
            wanted = table.known.get(name, object) if isinstance(table.known, Mapping) else object
            if name not in table.known:
                self._wrong(f"{table.place} has no option {name!r}", did_you_mean(name, table.known))
            elif not isinstance(value, wanted):
                self._wrong(f"the option {name!r} is a {wanted.__name__}, not {value!r}")
            else:
                kept[name] = value
        return kept

    def _wrong(self, message: str, help: str = "") -> None:
        self.diagnostics.append(Diagnostic("PG202", "error", message, self.pipeline.at, help, self.target))
