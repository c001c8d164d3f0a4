"""What one conformance run found, as the published format `pipeglot.conformance/1`, and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from pipeglot.backends.base import REFUSED, Ability, Mode, Support
from pipeglot.core.features import FEATURES, INSPECTED

FORMAT: Literal["pipeglot.conformance/1"] = "pipeglot.conformance/1"

Outcome: TypeAlias = Literal["agreed", "refused", "diverged", "compiled"]
"""`agreed`: its record is the reference run's. `compiled`: the files were made, and what it needs to run is missing."""

Evidence: TypeAlias = Literal["executed", "inspected", "spec-checked", "compiled", "none"]
"""What stands behind a claim, the strongest first. `executed`: run on the engine and compared. `inspected`: the engine
loaded and ran a pipeline with it, and its loaded object shows it. `spec-checked`: the engine cannot run all of it here,
its own compiler took it. `compiled`: the files were made."""

EVIDENCE: tuple[Evidence, ...] = ("executed", "inspected", "spec-checked", "compiled", "none")


class ReportPart(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Reason(ReportPart):
    """A refusal: the diagnostic's code and message."""

    code: str
    message: str


class CaseResult(ReportPart):
    """One case on one engine.

    `digest` names what was run. `refused` holds why the target refused it, `named` the codes of everything else that
    the compiler said, `problems` where the records differ, `notes` what the engine said.
    """

    id: str
    digest: str
    features: tuple[str, ...]
    outcome: Outcome
    evidence: Evidence = "none"
    refused: tuple[Reason, ...] = ()
    named: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class ConformanceReport(ReportPart):
    """One conformance run. `selected` is what `-k` chose by, empty when every case was run."""

    format: Literal["pipeglot.conformance/1"] = Field(default=FORMAT, alias="schema")
    target: str
    engine: str
    engine_version: str
    mode: Mode
    python: str
    pipeglot: str
    selected: tuple[str, ...] = ()
    support: dict[str, Ability]
    cases: tuple[CaseResult, ...]

    def to_json(self) -> str:
        """The JSON text, a case on a line, ending in a newline; the same run gives the same bytes everywhere."""
        data = self.model_dump(mode="json", by_alias=True)
        cases = ",\n".join("    " + json.dumps(case, ensure_ascii=False) for case in data.pop("cases"))
        head = json.dumps(data, indent=2, ensure_ascii=False)
        return head.removesuffix("\n}") + f',\n  "cases": [\n{cases}\n  ]\n}}\n'

    @classmethod
    def from_json(cls, text: str) -> ConformanceReport:
        """Read `to_json`'s text; raises pydantic's ValidationError when it is no report of this version."""
        return cls.model_validate_json(text)

    def measured(self) -> ConformanceReport:
        """The report without what may differ from machine to machine: notes, which may hold times and paths."""
        return self.model_copy(update={"cases": tuple(c.model_copy(update={"notes": ()}) for c in self.cases)})


class FeatureResult(ReportPart):
    """One feature on one engine: how many cases that use it agreed, were refused because of it (or ran with the loss
    named), or diverged; and the strongest evidence among those that agreed. `checked` of the agreed are spec-checked."""

    agreed: int = 0
    checked: int = 0
    refused: int = 0
    diverged: int = 0
    evidence: Evidence = "none"


class ConformanceFinding(ReportPart):
    """What is wrong with a report. `case` is empty when it is about a feature alone.

    `diverged`: the engine did something else. `undeclared`: a refusal that the support table does not speak of.
    `unproven`: a claim without a case that shows it. `closed`: declared as refused, and it works.
    """

    kind: Literal["diverged", "undeclared", "unproven", "closed"]
    case: str = ""
    feature: str = ""
    text: str


def undeclared(case: CaseResult, support: Mapping[str, Support]) -> tuple[str, ...]:
    """The codes of a case's refusals that no row of its features declares: by naming the code, or by refusing the
    whole feature without naming any."""
    rows = [support[feature] for feature in case.features]
    if any(row.refuses for row in rows):
        return ()
    known = frozenset[str]().union(*(row.codes for row in rows))
    return tuple(sorted({reason.code for reason in case.refused} - known))


def lost(case: CaseResult, feature: str, support: Support) -> bool:
    """Whether a case that was not refused says of a refused feature that it is lost."""
    return support.ability in REFUSED and bool(support.codes & set(case.named))


def cell(cases: Iterable[CaseResult], feature: str, support: Support) -> FeatureResult:
    """What the cases say of one feature. A refusal counts for the features that are refused because of it."""
    using = [case for case in cases if feature in case.features]
    refused = [
        case
        for case in using
        if any(reason.code in support.codes or support.refuses for reason in case.refused)
        or lost(case, feature, support)
    ]
    agreed = [case for case in using if case.outcome in ("agreed", "compiled") and case not in refused]
    found = [_evidence(case, feature) for case in agreed]
    strongest: Evidence = min(found, key=EVIDENCE.index, default="none")
    return FeatureResult(
        agreed=len(agreed),
        checked=found.count("spec-checked"),
        refused=len(refused),
        diverged=sum(case.outcome == "diverged" for case in using),
        evidence=strongest,
    )


def _evidence(case: CaseResult, feature: str) -> Evidence:
    return "inspected" if feature in INSPECTED and case.evidence == "executed" else case.evidence


def findings(report: ConformanceReport, support: Mapping[str, Support]) -> Iterator[ConformanceFinding]:
    """Everything that makes a report fail, by the target's support table; none when it is clean."""
    for case in report.cases:
        if case.outcome == "diverged":
            yield ConformanceFinding(kind="diverged", case=case.id, text="; ".join(case.problems))
        for code in undeclared(case, support):
            messages = "; ".join(reason.message for reason in case.refused if reason.code == code)
            text = f"refused with {code}, which the support table does not speak of: {messages}"
            yield ConformanceFinding(kind="undeclared", case=case.id, text=text)
    for feature in FEATURES:
        row, measured = support[feature], cell(report.cases, feature, support[feature])
        if row.ability in REFUSED:
            for case in report.cases:
                works = feature in case.features and case.outcome in ("agreed", "compiled")
                if works and not lost(case, feature, row):
                    text = f"{feature} is declared {row.ability}, and the case runs"
                    yield ConformanceFinding(kind="closed", case=case.id, feature=feature, text=text)
        elif not report.selected and measured.evidence in ("none", "spec-checked"):
            why = "no case runs it" if measured.evidence == "none" else "it is only spec-checked"
            yield ConformanceFinding(
                kind="unproven", feature=feature, text=f"{feature} is declared {row.ability}, and {why}"
            )
