"""A migration plan for people: Markdown that is also readable as it is, in a terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from pipeglot.core.render import printable
from pipeglot.migrate.planning.model import Blocker, Condition, MigrationPlan, OnSide, Row, SourcePlace, Trait

HOW = {
    "native": "native",
    "lowered": "lowered",
    "altered": "ALTERED",
    "lost": "LOST",
    "refused": "REFUSED",
    "said": "written",
    "absent": "-",
    "unknown": "?",
}
CARRIED = {"yes": "carried over", "no": "NOT carried over", "unknown": "not known whether carried over"}
FOUND = {
    "attribute": "",
    "call": " (where its call stands)",
    "none": "",
}
SECTION = {
    "schedule": "Schedule",
    "runs": "Runs",
    "params": "Params and run context values",
    "structure": "Calls and control flow",
    "policies": "Policies of calls",
    "resources": "Resources",
    "steps": "Steps",
    "about": "About the pipeline",
    "options": "Options of one engine",
    "other": "Other",
}
WIDE = 36
"""Characters of a value that the overview shows."""
LINE = 110
"""Characters of a generated line that are shown."""


def markdown(plan: MigrationPlan) -> str:
    """The plan as GitHub-flavoured Markdown; the same plan always gives the same text."""
    return "\n".join(_plan(plan)) + "\n"


def _plan(plan: MigrationPlan) -> Iterator[str]:
    old, new = plan.old.spec, plan.new.spec
    yield f"# Migration plan of {text(plan.pipeline)}: {text(old)} to {text(new)}"
    yield from ("", f"**{plan.verdict.upper()}**: {text(plan.why)}.", "")
    yield f"Nothing was run. Pipeline {code(plan.digest)}, pipeglot {text(plan.pipeglot)}."
    for name, side in (("old", plan.old), ("new", plan.new)):
        files = ", ".join(map(code, side.files[:10]))
        told = "; ".join(part for part in (files, text(side.note)) if part)
        yield f"- {name} side, {code(side.spec)}: {told}"
    yield from _section(f"What {text(new)} refuses", [_blocker(one) for one in plan.blockers])
    yield from _section("Conditions to accept", [_condition(one) for one in plan.conditions])
    yield from _section(f"What {text(old)} has", [[_trait(one)] for one in plan.traits])
    yield from ("", f"## Equivalence ({len(plan.rows)} attributes)", "")
    yield from _overview(plan, old, new)
    yield from ("", "## Spelling and differences", "")
    yield from _details(plan, old, new)
    yield from ("", "## To do by hand", "")
    for task in plan.manual:
        yield f"- [ ] {text(task.kind)}: {text(task.what)}{_at(task.places)}"
        if task.why:
            yield f"  - {text(task.why)}"
    if plan.cut_over:
        yield from ("", "## Moving over", "")
        yield from _moves(plan.cut_over)
    if plan.rollback:
        yield from ("", "## Rollback", "")
        yield from _moves(plan.rollback)
    yield from ("", "## Not judged", "")
    for unseen in plan.not_judged:
        yield f"- {text(unseen.what)}{': ' + code(unseen.command) if unseen.command else ''}"


def _section(title: str, items: Sequence[Iterable[str]]) -> Iterator[str]:
    """A list with the number of its items, if there are any."""
    if items:
        yield from ("", f"## {title} ({len(items)})", "")
        for lines in items:
            yield from lines


def _blocker(one: Blocker) -> Iterator[str]:
    yield f"- **{text(one.code)}** {text(one.message)}{_times(one.count)}{_at(one.places)}"
    if one.reason:
        yield f"  - why: {text(one.reason)}"
    yield f"  - what to do: {text(one.help)}"


def _condition(one: Condition) -> Iterator[str]:
    accept = f" ({code(f'--allow {one.code}')})" if one.allow else ""
    name = f"**{text(one.code)}** " if one.code else ""
    yield f"- [ ] {name}{text(one.message)}{_times(one.count)}{_at(one.places)}{accept}"
    if one.help:
        yield f"  - {text(one.help)}"


def _trait(one: Trait) -> str:
    value = f" {code(_cut(one.value, LINE))}" if one.value else ""
    tasks = f", of {', '.join(map(code, one.tasks[:8]))}{', ...' if len(one.tasks) > 8 else ''}" if one.tasks else ""
    note = f" ({text(one.note)})" if one.note else ""
    return f"- **{text(one.title)}**{value}{tasks}{_at(one.places)}: {CARRIED[one.carried]}{note}"


def _times(count: int) -> str:
    return f" (and {count - 1} more like it)" if count > 1 else ""


def _at(places: Sequence[SourcePlace]) -> str:
    if not places:
        return ""
    more = ", ..." if len(places) > 3 else ""
    return f" at {', '.join(code(f'{one.file}:{one.line}') for one in places[:3])}{more}"


def _moves(moves: Iterable[object]) -> Iterator[str]:
    for number, move in enumerate(moves, 1):
        what, command = getattr(move, "what", ""), getattr(move, "command", "")
        yield f"{number}. {text(what)}{': ' + code(command) if command else ''}"


# ---------------------------------------------------------------- rows


def _overview(plan: MigrationPlan, old: str, new: str) -> Iterator[str]:
    head = ["attribute", "value", "uses", plan.old.engine, plan.new.engine, "differs"]
    if old != plan.old.engine:
        kind = {"local": "reference", "record": "recorded"}.get(old.partition(":")[0], "native")
        head[3] = f"{plan.old.engine} ({kind})"
    cells = [
        [
            text(_cut(row.title, WIDE), table=True),
            code(_cut(row.value, WIDE), table=True),
            str(row.uses),
            HOW[row.old.how],
            HOW[row.new.how],
            "yes" if row.differences else "",
        ]
        for row in plan.rows
    ]
    yield from table([text(one, table=True) for one in head], cells)


def table(head: Sequence[str], cells: Sequence[Sequence[str]]) -> Iterator[str]:
    """A Markdown table whose columns stand below one another in a terminal too; `head` and `cells` are Markdown already.

    >>> print("\\n".join(table(["a", "b"], [["long one", "x"]])))
    | a        | b   |
    | -------- | --- |
    | long one | x   |
    """
    widths = [max(3, *(_width(row[number]) for row in [head, *cells])) for number in range(len(head))]
    lines = [head, ["-" * width for width in widths], *cells]
    for line in lines:
        padded = (cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
        yield f"| {' | '.join(padded)} |"


def _width(cell: str) -> int:
    """Columns of a terminal that a cell takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in cell)


def _details(plan: MigrationPlan, old: str, new: str) -> Iterator[str]:
    for section, rows in groupby(plan.rows, key=lambda row: row.section):
        yield from (f"### {SECTION.get(section, text(section))}", "")
        for row in rows:
            yield from _row(row, old, new)
        yield ""


def _row(row: Row, old: str, new: str) -> Iterator[str]:
    value = f" {code(_cut(row.value, LINE))}" if row.value else ""
    yield f"- **{text(row.title)}**{value}{_at(row.places)}{f', {row.uses} uses' if row.uses > 1 else ''}"
    for spec, side in ((old, row.old), (new, row.new)):
        if side.how != "unknown":
            yield f"  - {text(spec)}, {_how(side)}"
            for line in side.lines:
                yield f"    - {code(_cut(line.text, LINE))} {code(f'{line.file}:{line.line}')}"
            if side.more:
                yield f"    - and {side.more} more line{'s' * (side.more > 1)}"
    for difference in row.differences:
        yield f"  - difference: {text(difference)}"


def _how(side: OnSide) -> str:
    if side.how == "absent":
        return text(side.by) or "nothing is made of it"
    word = HOW[side.how]
    by = f": {text(side.by)}" if side.by else ""
    return f"{word}{by}{FOUND[side.found]}"


# ---------------------------------------------------------------- anybody's text


def text(said: str, *, table: bool = False) -> str:
    """Anybody's text as Markdown that shows just that, on one line; what stands between backticks is code.

    >>> text("a|b <b> *c*")
    'a\\\\|b &lt;b> \\\\*c\\\\*'
    """
    parts = _line(said).split("`")
    if len(parts) % 2 == 0:  # one without a partner is a character
        parts[-2:] = ["`".join(parts[-2:])]
    shown = "".join(
        code(part, table=table) if number % 2 and part.strip() else _escaped(part) for number, part in enumerate(parts)
    )
    # Nor is it a heading, a quotation or a list.
    return re.sub(r"^(\s*)(?=[>#+=-])|^(\s*\d+)(?=[.)](?:\s|$))", r"\1\2\\", shown)


def _escaped(line: str) -> str:
    line = re.sub(r"[\\`*\[\]|~$]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", line)
    return re.sub(r"<(?=[A-Za-z/!?])", "&lt;", re.sub(r"&(?=#?\w+;)", "&amp;", line))


def code(said: str, *, table: bool = False) -> str:
    """Anybody's text as code within a line; `table`: in a cell of a table.

    >>> code("a"), code("a|b"), code("a|b", table=True), code("`a`")
    ('`a`', '`a|b`', '<code>a&#124;b</code>', '`` `a` ``')
    """
    line = _line(said)
    if table and ("|" in line or "`" in line):  # readers of Markdown disagree on how these are escaped in code there
        inert = re.sub(r"[^\w\s]|_", lambda found: f"&#{ord(found[0])};", line)
        return f"<code>{inert}</code>"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    pad = " " if "`" in line else ""
    return f"{fence}{pad}{line}{pad}{fence}" if line.strip() else ""


def _line(said: str) -> str:
    return printable(_cut(said, 2000).replace("\n", "⏎"))


def _cut(said: str, limit: int) -> str:
    return said if len(said) <= limit else f"{said[: limit - 3]}..."
