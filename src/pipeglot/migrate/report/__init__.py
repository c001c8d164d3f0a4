"""A dry-run for people: one self-contained HTML page, and Markdown for a pull request."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

import jinja2

from pipeglot.compare.model import Difference, Injected, Report, Side, named
from pipeglot.core.memory import no_collection
from pipeglot.core.render import printable, visible
from pipeglot.migrate.report.data import KINDS, counts, page_data, shown
from pipeglot.migrate.report.values import compact, cut, pretty
from pipeglot.migrate.report.weight import Cause, bars, causes, rule

SCRIPTS = ("report.js", "report_graph.js", "report_timeline.js", "report_panel.js", "report_start.js")
ROWS = 300
"""Differences that stand in the page's own HTML; the rest, and filters, need its script."""
MARKDOWN_ROWS = 200
MARKDOWN_FINDINGS = 50

PLAIN = {
    "equivalent": "Nothing that was compared differs.",
    "diverged": "The new side did not do what the old side did.",
    "inconclusive": "Nothing can be said: a run is missing or was cut short.",
}
AGAIN = "between two runs of the new side"


@no_collection()
def html(run: Report) -> str:
    """The page: text of one HTML file that loads nothing; the same dry-run always gives the same text."""
    environment = _environment()
    style = _source("report.css")
    script = "(async () => {\n'use strict';\n" + "\n".join(map(_source, SCRIPTS)) + "})();\n"
    text = environment.get_template("report.html.j2").render(
        run=run,
        sides=[("old", run.old), ("new", run.new)],
        plain=PLAIN[run.verdict],
        kinds=KINDS,
        breakdown=[(KINDS[kind], count) for kind, count in Counter(one.kind for one in run.differences).most_common()],
        again=AGAIN,
        rows=ROWS,
        bars=bars(run.coverage),
        causes=causes(run),
        counts=counts(run),
        params="\n".join(line for _, line in pretty(run.params)),
        style=style,
        script=script,
        data=packed(page_data(run)),
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
    return text


def prepare() -> None:
    """Load what `html` fills in: a tenth of a second that nobody waits for while engines run."""
    environment = _environment()
    for name in environment.list_templates(filter_func=lambda name: name.startswith("report") and name.endswith(".j2")):
        environment.get_template(name)


def packed(data: object) -> str:
    """JSON as a page carries it: compressed, for calls are much alike, and in letters that mean nothing to HTML."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str)
    text = _UNSEEN.sub(_seen, text)
    return base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode()


_UNSEEN = re.compile(r"(?<!\\)((?:\\\\)*)\\(?:u00([01][0-9a-f])|([bfr]))|[^ -~\xa1-\xac\xae-\u02ff]")
"""What of a JSON text cannot be seen: escapes that JSON makes (behind what are backslashes themselves), and characters."""


def _seen(found: re.Match[str]) -> str:
    before, code, letter = found.groups()
    if before is None:
        return json.dumps(visible(found[0]))[1:-1]
    return f"{before}\\\\x{code or _CODES[letter]}"


_CODES = {"b": "08", "f": "0c", "r": "0d"}


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pipeglot", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: visible(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(named=lambda one: named(one.call, one.index), shown=shown, compact=compact, took=took)
    environment.filters.update(where=_where, rule=rule)
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


def markdown(run: Report) -> str:
    """The report as GitHub-flavoured Markdown: verdict, what it rests on, differences, and what was not compared."""
    return "\n".join(_markdown(run)) + "\n"


def _markdown(run: Report) -> Iterable[str]:
    yield from _verdict(run)
    yield from _findings(run)
    yield from _differences(run)
    yield from _not_counted(run)
    yield from _not_compared(run)
    yield from _declared(run)


def _verdict(run: Report) -> Iterable[str]:
    yield f"# Migration dry-run of {_text(run.pipeline)}: {run.verdict}"
    yield from ("", f"**{PLAIN[run.verdict]}** {_text(run.why)}", "")
    yield from _table(("", "old", "new"), [*_engines(run), *counts(run)])
    if shares := bars(run.coverage):
        yield from ("", f"## Compared: {run.coverage.instances} call instances", "")
        yield from _table(("", "how much"), ((one.name, one.words) for one in shares))
    yield ""
    yield f"- Logical date: {_text(run.logical_date or 'none')}"
    yield f"- Parameters: {_code(compact(run.params, 2000))}"
    yield f"- Pipeline {_code(run.digest)}, pipeglot {_text(run.pipeglot)}, {_text(_time(run.started))}"
    for name, side in (("old", run.old), ("new", run.new)):
        yield from (f"- Problem on the {name} side: {_text(one)}" for one in side.problems)
        yield from (f"- Note on the {name} side: {_text(one)}" for one in side.notes)


def _findings(run: Report) -> Iterable[str]:
    if found := causes(run):
        yield from ("", f"## Findings ({len(found)})", "", "What differs first, and what follows from it.", "")
        for number, cause in enumerate(found[:MARKDOWN_FINDINGS], 1):
            yield from _finding(number, cause)
        if len(found) > MARKDOWN_FINDINGS:
            yield f"… and {len(found) - MARKDOWN_FINDINGS} more."


def _differences(run: Report) -> Iterable[str]:
    yield from ("", f"## Differences ({len(run.differences)})", "")
    if run.differences:
        yield from _table(
            ("kind", "call", "where", "old", "new"), map(_row, run.differences[:MARKDOWN_ROWS]), escaped=True
        )
        yield from _more(len(run.differences))
        if rules := "\n".join(dict.fromkeys(filter(None, map(rule, run.differences)))):
            yield from (
                "",
                "Tables whose rows have no names were taken in order. Rules that name them, if these are the keys:",
            )
            yield from ("", *_fenced(rules.rstrip("\n"), "toml"))
    else:
        yield "None." if run.verdict == "equivalent" else "None that could be found."
    if run.injected:
        yield from ("", f"## Injected failures ({len(run.injected)})", "")
        yield from _table(("failure", "it spread"), map(_spread, run.injected[:MARKDOWN_ROWS]), escaped=True)
        yield from _more(len(run.injected))
    for name, side in (("old", run.old), ("new", run.new)):
        if side.seen:
            yield from ("", f"## How far the {name} side came", "", "In the engine's own words.", "")
            tasks = ((_code(named(one.task, one.index)), _text(one.state)) for one in side.seen[:MARKDOWN_ROWS])
            yield from _table(("task", "last heard of"), tasks, escaped=True)
            yield from _more(len(side.seen))


def _not_counted(run: Report) -> Iterable[str]:
    if run.flaky:
        yield from ("", f"## Flaky on the old side ({len(run.flaky)})", "")
        shaky = ((one.kind, named(one.call, one.index), _states(one.old), _states(one.new)) for one in run.flaky)
        yield from _table(("what", "call", "old side's runs", "new side's runs"), list(shaky)[:MARKDOWN_ROWS])
        yield from _more(len(run.flaky))
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


def _not_compared(run: Report) -> Iterable[str]:
    yield from ("", "## Not compared", "")
    for unseen in run.not_compared:
        names = f" ({', '.join(map(_code, unseen.calls[:20]))}{', …' * (len(unseen.calls) > 20)})"
        yield f"- **{_text(unseen.what)}**: {_text(unseen.why)}{names if unseen.calls else ''}"
    if not run.not_compared:
        yield "- Nothing was left out."
    if run.not_exercised:
        yield from ("", "## Not exercised", "")
    for lack in run.not_exercised:
        names = f" ({', '.join(map(_code, lack.calls[:20]))}{', …' * (len(lack.calls) > 20)})" if lack.calls else ""
        how = f" Try: {_code(lack.how)}" if lack.how else ""
        yield f"- **{_text(lack.what)}**: {_text(lack.why)}{names}.{how}"


def _declared(run: Report) -> Iterable[str]:
    if not run.declared:
        return
    alike = sum(one.verdict == "agree" for one in run.declared)
    yield from ("", "## Declared on both sides", "", f"{alike} of {len(run.declared)} policies agree.", "")
    apart = [one for one in run.declared if one.verdict != "agree"]
    rows = (
        (
            _text(one.name),
            _code(named(one.call)),
            _code(compact(one.old, 200)),
            _code(compact(one.new, 200)),
            _text(f"{'differs' if one.verdict == 'differ' else 'not known'} {one.note}".strip()),
        )
        for one in apart[:MARKDOWN_ROWS]
    )
    if apart:
        yield from _table(("policy", "call", "old", "new", ""), rows, escaped=True)
        yield from _more(len(apart))


def _finding(number: int, cause: Cause) -> Iterable[str]:
    """A cause in a line of a list, what follows from it, and its code."""
    told = [f"{KINDS[one.kind]} {_code(_where(one))}".rstrip() for _, one in cause.own[:5]]
    told += [f"{len(cause.own) - 5} more"] * (len(cause.own) > 5)
    name = named(cause.own[0][1].call, cause.own[0][1].index) if cause.own else named(cause.finding.call)
    yield f"{number}. {_code(name)}: {', '.join(told)}"
    if cause.follows:
        names = list(dict.fromkeys(named(one.call, one.index) for _, one in cause.follows))
        some = ", ".join(map(_code, names[:10])) + ", …" * (len(names) > 10)
        yield f"   - {len(cause.follows)} {'follows' if len(cause.follows) == 1 else 'follow'}: {some}"
    if places := [_code(f"{one.file}:{one.line}") for one in (cause.finding.old, cause.finding.new) if one]:
        yield f"   - in {' and '.join(places)}"
    if cause.finding.diff:
        lines = cause.finding.diff.splitlines()
        more = [f"… {len(lines) - 60} more lines"] * (len(lines) > 60)
        yield from ("", *(f"   {line}" for line in _fenced("\n".join([*lines[:60], *more]), "diff")), "")


def _fenced(text: str, language: str) -> Iterable[str]:
    """Text in a block of code, which nothing in it ends."""
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`{3,}", text))])
    yield from (fence + language, *map(_line, text.split("\n")), fence)


def _states(values: tuple[Any, ...]) -> str:
    return ", ".join("absent" if value is None else str(value) for value in values[:20])


def _engines(run: Report) -> Iterable[tuple[str, str, str]]:
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
    """An injected failure, and whether it propagated alike, or where not, or why that cannot be said."""
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
