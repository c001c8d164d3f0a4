"""The equivalence rows: what each attribute of a pipeline is on the old side and on the new one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pipeglot import backends
from pipeglot.backends.base import Support
from pipeglot.core import ir
from pipeglot.core.dataclass import dataclass, field
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.features import FEATURES, features_of
from pipeglot.core.shape import inline
from pipeglot.migrate.planning.attributes import Attribute, Use, attributes, option_name
from pipeglot.migrate.planning.fields import ABOUT, ALWAYS, SECTIONS, title
from pipeglot.migrate.planning.model import Found, How, OnSide, Row, Said, SourcePlace
from pipeglot.migrate.planning.spelling import Speller, Spelling

PLACES = 5
"""Places of an attribute that are named."""

ABLE = ("native", "lowered")


@dataclass
class PlannedSide:
    """One side while rows are made: what it says is taken by the rows it is about. `speller` is None where nothing is
    compiled."""

    engine: str
    speller: Speller | None = None
    taken: set[Diagnostic] = field(default_factory=set)

    @property
    def support(self) -> Mapping[str, Support]:
        return backends.get(self.engine).support if self.speller else {}

    @property
    def said(self) -> tuple[Diagnostic, ...]:
        """All that the target says about the pipeline, once."""
        return tuple(dict.fromkeys(self.speller.whole.diagnostics)) if self.speller else ()

    @property
    def left(self) -> list[Diagnostic]:
        """What no row has taken yet."""
        return [d for d in self.said if d not in self.taken]


@dataclass
class _RowDraft:
    """A row in the making."""

    attribute: Attribute
    feature: str | None
    spellings: dict[str, Spelling]
    said: dict[str, list[Diagnostic]]


def rows(pipeline: ir.Pipeline, old: PlannedSide, new: PlannedSide) -> list[Row]:
    """A row for each attribute and value, for each feature that is one by the way nodes stand, and one for what a side
    says of the pipeline as a whole."""
    flat = inline(pipeline)
    sides = {"old": old, "new": new}
    drafts = [_draft(attribute, sides) for attribute in (*attributes(flat), *_included(pipeline))]
    known = {draft.feature for draft in drafts}
    for feature in sorted(features_of(pipeline) - known):
        use = Use((), "", pipeline.at, None)
        drafts.append(_RowDraft(Attribute(f"feature:{feature}", "", (use,)), feature, {}, {"old": [], "new": []}))
    for name, side in sides.items():
        _hand_out(name, side, drafts)
    rest = _RowDraft(Attribute("pipeline", pipeline.name, (Use((), "", pipeline.at, None),)), None, {}, {})
    rest.said = {name: side.left for name, side in sides.items()}
    if any(rest.said.values()):
        drafts.append(rest)
    made = [_row(draft, old, new) for draft in drafts]
    first = {row.field: number for number, row in reversed([*enumerate(made)])}
    return sorted(made, key=lambda row: (SECTIONS.index(row.section), first[row.field]))


def _included(pipeline: ir.Pipeline) -> Iterator[Attribute]:
    found = [node for node in ir.walk(pipeline.body) if isinstance(node, ir.Include)]
    if found:
        uses = tuple(Use((), node.id, node.at, node.pipeline) for node in found)
        names = list(dict.fromkeys(node.pipeline.name for node in found))
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield Attribute("Include.pipeline", names[0] + more, uses)


def _draft(attribute: Attribute, sides: Mapping[str, PlannedSide]) -> _RowDraft:
    spellings: dict[str, Spelling] = {}
    for name, side in sides.items():
        foreign = attribute.field == "Pipeline.options" and attribute.uses[0].name != side.engine
        if side.speller is not None and not foreign:
            spellings[name] = side.speller.spell(attribute)
    return _RowDraft(attribute, _feature(attribute), spellings, {name: [] for name in sides})


def _feature(attribute: Attribute) -> str | None:
    value = attribute.uses[0].value
    if isinstance(value, ir.Imported | ir.Inlined | ir.Shell | ir.Container):
        return value.kind
    if attribute.field == "Each.items":
        return "each.static" if isinstance(value, ir.Const) else "each.runtime"
    return title(attribute.field).feature


def _hand_out(name: str, side: PlannedSide, drafts: Sequence[_RowDraft]) -> None:
    """Give each finding to a row of an attribute that its code is about, or whose feature names its code, or whose feature it
    names, or else to the node that it quotes."""
    for finding in side.left:
        fields = ABOUT.get(finding.code, ())
        known = [draft for draft in drafts if draft.attribute.field in fields]
        known.sort(key=lambda draft: fields.index(draft.attribute.field))
        fitting = [draft for draft in drafts if draft.feature and _speaks_of(side, draft.feature, finding)]
        about = [draft for draft in drafts if draft.attribute.field in _NODES and _quoted(draft, finding)]
        _give(name, side, finding, known or fitting or about)


def _give(name: str, side: PlannedSide, finding: Diagnostic, drafts: Sequence[_RowDraft]) -> None:
    """Give a finding that is still left to the one of some rows that it quotes, or points to, or else to the first."""
    if finding in side.taken or not drafts:
        return
    quoted = [draft for draft in drafts if _quoted(draft, finding)]
    there = [draft for draft in drafts if any(use.at == finding.at for use in draft.attribute.uses)]
    (quoted or there or drafts)[0].said[name].append(finding)
    side.taken.add(finding)


_NODES = ("Each.items", "Arm.when", "Pipeline.final", "Step.run", "Call.step")
"""The rows of nodes and steps themselves."""


def _quoted(draft: _RowDraft, finding: Diagnostic) -> bool:
    return any(use.name and f"'{use.name}'" in finding.message for use in draft.attribute.uses)


def _speaks_of(side: PlannedSide, feature: str, finding: Diagnostic) -> bool:
    codes = side.support[feature].codes if side.speller else frozenset[str]()
    return finding.code in codes or FEATURES[feature] in finding.message


def _row(draft: _RowDraft, old: PlannedSide, new: PlannedSide) -> Row:
    attribute = draft.attribute
    what = title(attribute.field)
    if attribute.field.startswith("feature:"):
        section, name = "structure", FEATURES[attribute.field.removeprefix("feature:")]
    elif attribute.field == "pipeline":
        section, name = "other", "the pipeline as a whole"
    else:
        section, name = what.section, what.title
    if attribute.field == "Pipeline.options":
        name = f"option {option_name(attribute.uses[0])}"
    before, after = _on_side("old", old, draft), _on_side("new", new, draft)
    return Row(
        section=section,
        field=attribute.field,
        title=name,
        value=attribute.text,
        feature=draft.feature,
        uses=len(attribute.uses),
        places=tuple(_places(attribute.uses)),
        old=before,
        new=after,
        differences=tuple(_differences(attribute, old.engine, before, new.engine, after)),
    )


def _places(uses: Sequence[Use]) -> Iterator[SourcePlace]:
    for use in uses[:PLACES]:
        if use.at is not None:
            yield SourcePlace(file=use.at.file, line=use.at.line, name=use.name)


def _on_side(name: str, side: PlannedSide, draft: _RowDraft) -> OnSide:
    if side.speller is None:
        return OnSide(by="nothing is compiled for this side")
    spelling = draft.spellings.get(name, Spelling())
    said = draft.said.get(name, [])
    support = side.support.get(draft.feature) if draft.feature else None
    idle = draft.attribute.field in ALWAYS and not draft.attribute.uses[0].value
    able = support is not None and support.ability in ABLE
    how: How
    if any(d.severity == "error" for d in said):
        how = "refused"
    elif support is None or idle:
        how = "said" if spelling.lines else "absent"
    elif able and any(d.severity == "loss" for d in said):
        how = "altered"
    elif able:
        how = "native" if support.ability == "native" else "lowered"
    else:
        how = "lost"
    if idle:
        by = "" if spelling.lines else "nothing is needed for that"
    elif support is None:
        by = ""
    else:
        by = support.how if support.ability in ABLE else f"{support.ability}: {support.how}"
    found: Found = spelling.found if spelling.lines else "none"
    return OnSide(how=how, by=by, found=found, lines=spelling.lines, more=spelling.more, said=_alike(said))


def _alike(found: Sequence[Diagnostic]) -> tuple[Said, ...]:
    """Diagnostics as the contract writes them; those that differ in quoted names alone are one."""
    told: dict[tuple[str, str], list[Diagnostic]] = {}
    for d in found:
        told.setdefault((d.code, _QUOTED.sub("", d.message)), []).append(d)
    return tuple(
        Said(
            code=d.code,
            severity=d.severity,
            message=d.message,
            help=d.help,
            file=d.at.file if d.at else None,
            line=d.at.line if d.at else None,
            count=len(alike),
        )
        for alike in told.values()
        for d in alike[:1]
    )


_QUOTED = re.compile(r"'[^']*'")


def _differences(attribute: Attribute, old: str, before: OnSide, new: str, after: OnSide) -> Iterator[str]:
    """What becomes different, in words; nothing where both sides do the same as far as they say."""
    if attribute.field == "Pipeline.options":
        engine = attribute.uses[0].name
        if engine == old != new:
            yield f"an option of {old} alone: {new} gets nothing of it"
        elif engine not in (old, new):
            yield f"an option of {engine}: it is on neither side"
        return
    kept = before.how in ABLE, after.how in ABLE
    if before.how == "lost" and kept[1]:
        yield f"takes effect on {new}, where {old} dropped it"
    if before.how == "altered" and kept[1]:
        yield f"as it is written on {new}, where {old} does otherwise"
    if after.how in ("lost", "refused"):
        yield f"{after.how} on {new}" + (f": {after.by}" if after.by else "")
    elif after.how == "lowered" and before.how == "native":
        yield f"native on {old}, lowered on {new}: {after.by}"
    both = {_alike_on(old, one) for one in before.said} & {_alike_on(new, one) for one in after.said}
    for engine, side in ((old, before), (new, after)):
        for one in side.said:
            if _alike_on(engine, one) not in both:
                more = f", and {one.count - 1} more like it" if one.count > 1 else ""
                yield f"on {engine}: {one.message} ({one.code}{more})"


def _alike_on(engine: str, said: Said) -> tuple[str, str]:
    """What a finding has in common with the like of it on another engine: all but the engine's name."""
    return said.code, re.sub(re.escape(engine), "", said.message, flags=re.IGNORECASE)
