"""A dry-run for people: one self-contained HTML page, and Markdown for a pull request."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

import jinja2

from pipeglot.core.render import printable
from pipeglot.migrate.model import Difference, DryRun, Injected, Side, named
from pipeglot.migrate.report_data import KINDS, counts, page_data, shown
from pipeglot.migrate.report_values import compact, cut, pretty

SCRIPTS = ("report.js", "report_graph.js", "report_timeline.js", "report_panel.js", "report_start.js")
ROWS = 300
"""Differences that stand in the page's own HTML; the rest, and filters, need its script."""
MARKDOWN_ROWS = 200

PLAIN = {
    "equivalent": "Both sides did the same.",
    "diverged": "The new side did not do what the old side did.",
    "inconclusive": "Nothing can be said: a run is missing or was cut short.",
}
AGAIN = "between two runs of the new side"


def html(run: DryRun) -> str:
    """The page: text of one HTML file that loads nothing; the same dry-run always gives the same text."""
    environment = _environment()
    style = _source("report.css")
    script = "(() => {\n'use strict';\n" + "\n".join(map(_source, SCRIPTS)) + "})();\n"
    data = json.dumps(page_data(run), ensure_ascii=False, separators=(",", ":"), default=str)
    text = environment.get_template("report.html.j2").render(
        run=run,
        sides=[("old", run.old), ("new", run.new)],
        plain=PLAIN[run.verdict],
        kinds=KINDS,
        breakdown=[(KINDS[kind], count) for kind, count in Counter(one.kind for one in run.differences).most_common()],
        again=AGAIN,
        rows=ROWS,
        counts=counts(run),
        params="\n".join(line for _, line in pretty(run.params)),
        style=style,
        script=script,
        data=_inert(data),
        policy="; ".join(
            (
                "default-src 'none'",
                f"script-src '{_hash(script)}'",
                f"style-src '{_hash(style)}'",
                "img-src data:",
                "base-uri 'none'",
                "form-action 'none'",
            )
        ),
    )
    return text.encode("utf-8", "backslashreplace").decode("utf-8")  # half a surrogate pair is no text of a file


def _inert(data: str) -> str:
    """JSON that cannot end the script element it stands in."""
    for character in "<>&\u2028\u2029":
        data = data.replace(character, f"\\u{ord(character):04x}")
    return data


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pipeglot", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(named=lambda one: named(one.call, one.index), shown=shown, compact=compact, took=took)
    environment.filters["where"] = _where
    environment.filters["time"] = _time
    return environment


def _source(name: str) -> str:
    """A template file as it is: styles and scripts hold nothing to fill in."""
    environment = _environment()
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def took(side: Side) -> str:
    """How long a side's compared run took, in words; empty when nobody knows.

    >>> took(Side(spec="prefect", engine="prefect"))
    ''
    """
    record = side.record
    if record is None or record.started is None or record.ended is None:
        return ""
    seconds = (record.ended - record.started).total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, left = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {left} s"


def _where(one: Difference) -> str:
    """The path of a difference, or the call that had to end first."""
    return f"after {one.path}" if one.kind == "order" else one.path


def _time(value: datetime) -> str:
    return value.strftime("%Y-%m-%d %H:%M:%S %Z").strip()


# ---------------------------------------------------------------- Markdown


def markdown(run: DryRun) -> str:
    """The report as GitHub-flavoured Markdown: verdict, what it rests on, differences, and what was not compared."""
    return "\n".join(_markdown(run)) + "\n"


def _markdown(run: DryRun) -> Iterable[str]:
    yield f"# Migration dry-run of {_text(run.pipeline)}: {run.verdict}"
    yield from ("", f"**{PLAIN[run.verdict]}** {_text(run.why)}", "")
    yield from _table(("", "old", "new"), [*_engines(run), *counts(run)])
    yield ""
    yield f"- Logical date: {_text(run.logical_date or 'none')}"
    yield f"- Parameters: {_code(compact(run.params, 2000))}"
    yield f"- Pipeline {_code(run.digest)}, pipeglot {_text(run.pipeglot)}, {_text(_time(run.started))}"
    for name, side in (("old", run.old), ("new", run.new)):
        yield from (f"- Problem on the {name} side: {_text(one)}" for one in side.problems)
        yield from (f"- Note on the {name} side: {_text(one)}" for one in side.notes)
    yield from ("", f"## Differences ({len(run.differences)})", "")
    if run.differences:
        yield from _table(
            ("kind", "call", "where", "old", "new"), map(_row, run.differences[:MARKDOWN_ROWS]), escaped=True
        )
        yield from _more(len(run.differences))
    else:
        yield "None." if run.verdict == "equivalent" else "None that could be found."
    if run.injected:
        yield from ("", f"## Failures made on purpose ({len(run.injected)})", "")
        yield from _table(("failure", "it spread"), map(_spread, run.injected[:MARKDOWN_ROWS]), escaped=True)
        yield from _more(len(run.injected))
    for name, side in (("old", run.old), ("new", run.new)):
        if side.seen:
            yield from ("", f"## How far the {name} side came", "", "In the engine's own words.", "")
            tasks = ((_code(named(one.task, one.index)), _text(one.state)) for one in side.seen[:MARKDOWN_ROWS])
            yield from _table(("task", "last heard of"), tasks, escaped=True)
            yield from _more(len(side.seen))
    if run.masked:
        yield from ("", f"## Differences that do not count ({len(run.masked)})", "")
        rows = (
            (
                *_row(one.difference)[:3],
                f"{one.why}: {_text(one.reason)}" + (f" ({one.runs} runs)" if one.runs else ""),
                _code(compact(list(one.values), 200)) if one.values else "",
            )
            for one in run.masked[:MARKDOWN_ROWS]
        )
        yield from _table(("kind", "call", "where", "why", "values seen"), rows, escaped=True)
        yield from _more(len(run.masked))
    yield from ("", "## Not compared", "")
    for unseen in run.not_compared:
        names = f" ({', '.join(map(_code, unseen.calls[:20]))}{', …' * (len(unseen.calls) > 20)})"
        yield f"- **{_text(unseen.what)}**: {_text(unseen.why)}{names if unseen.calls else ''}"
    if not run.not_compared:
        yield "- Nothing was left out."


def _engines(run: DryRun) -> Iterable[tuple[str, str, str]]:
    yield "asked for", run.old.spec, run.new.spec
    old, new = (f"{side.engine} {side.engine_version}".strip() for side in (run.old, run.new))
    yield "engine", old, new
    yield "runs", str(len(run.old.records)), str(len(run.new.records))
    yield "took (not judged)", took(run.old), took(run.new)


def _row(one: Difference) -> tuple[str, ...]:
    kind = KINDS[one.kind] + (f", {AGAIN}" if one.between == "new and new" else "")
    where = " ".join(filter(None, (_code(_where(one)), _text(cut(str(one.table), 600)) if one.table else "")))
    return kind, _code(named(one.call, one.index)), where, *map(_code, shown(one, 200))


def _spread(one: Injected) -> tuple[str, ...]:
    """A failure made on purpose, and whether it spread alike, or where not, or why that cannot be said."""
    if one.problems:
        return _text(one.name), "not compared: " + _text(cut("; ".join(one.problems), 400))
    places = dict.fromkeys(f"{KINDS[each.kind]} of {named(each.call, each.index)}" for each in one.differences)
    return _text(one.name), "differently: " + _text(cut(", ".join(places), 400)) if places else "alike"


def _more(count: int) -> Iterable[str]:
    if count > MARKDOWN_ROWS:
        yield from ("", f"… and {count - MARKDOWN_ROWS} more.")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]], *, escaped: bool = False) -> Iterable[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell if escaped else _text(cell) for cell in row)} |"


def _text(said: str) -> str:
    """Anybody's text as Markdown that shows just that, on one line."""
    line = _line(said).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"[\\`*\[\]{}#|~!$]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", line)


def _code(said: str) -> str:
    """Anybody's text as code within a line, in a table or not."""
    line = _line(said)
    if "|" in line or "`" in line:  # readers of Markdown disagree on how these are escaped within code
        inert = re.sub(r"[^\w\s]|_", lambda found: f"&#{ord(found[0])};", line)
        return f"<code>{inert}</code>"
    return f"`{line}`" if line.strip() else ""


def _line(said: str) -> str:
    return printable(cut(said, 2000).replace("\n", "⏎"))
