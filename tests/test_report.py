"""The report of a dry-run: one inert HTML file, readable without its script, and Markdown that nothing breaks."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import random
import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeglot.compare.drawing import CallGraph, GraphNode
from pipeglot.compare.ignore import TableRule, read_rules
from pipeglot.compare.model import CellDifference, Difference, Kind, Report
from pipeglot.compare.weight import Coverage, Tally
from pipeglot.core.record import CallRecord, Record
from pipeglot.core.render import visible
from pipeglot.migrate.report import ROWS, html, markdown
from pipeglot.migrate.report.data import BUDGET, ELSEWHERE, KINDS, LARGEST, page_data
from pipeglot.migrate.report.layout import Layout, PlacedNode, layout
from pipeglot.migrate.report.values import marked, pretty
from pipeglot.migrate.report.weight import bars
from tests import dryruns
from tests.operations import grows_in_proportion

PLACES = [
    *("pipeline", "engine", "version", "run_id", "run note", "spec", "file", "note", "problem", "id"),
    *("digest", "pipeglot", "why", "date", "reason", "what", "why not", "call", "old", "new"),
    *("cause file", "flaky", "flaky old", "lack", "why lacking", "how", "lacking call"),
    *("declared", "task", "policy", "said"),
]
"""Where the hostile text stands and must be readable without the script."""
AS_JSON = ["param", "value", "seen", "old", "new"]
SCRIPTED = [
    "failed",
    "type",
    "message",
    "source file",
    "source text",
    "arg",
    "words",
    "condition",
    "key",
    "output",
    "result",
]
"""Where it is for the script alone to show."""


class Page(HTMLParser):
    """Elements, attributes and text of a page as a browser reads them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": [], "": []}
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._inside = tag if tag in self.texts else ""
        if self._inside:
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.texts[self._inside][-1] += data
        else:
            self.texts[""].append(data)

    @property
    def shown(self) -> str:
        return "".join(self.texts[""])

    @property
    def data(self) -> Any:
        return json.loads(gzip.decompress(base64.b64decode(self.texts["script"][0])))


def test_the_same_dry_run_gives_the_same_bytes() -> None:
    assert html(dryruns.credit()) == html(Report.from_json(dryruns.credit().to_json()))
    assert markdown(dryruns.credit()) == markdown(Report.from_json(dryruns.credit().to_json()))


@pytest.mark.parametrize("made", [dryruns.credit, dryruns.weighty, dryruns.hostile, dryruns.inconclusive])
def test_the_page_runs_its_own_script_and_style_alone(made: Any) -> None:
    page = Page(html(made()))
    policy = next(value for tag, name, value in page.attributes if name == "content" and "script-src" in value)

    def digest(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    assert len(page.texts["script"]) == 2 and len(page.texts["style"]) == 1
    assert dict(part.split(" ", 1) for part in policy.split("; ")) == {
        "default-src": "'none'",
        "script-src": digest(page.texts["script"][1]),
        "style-src": digest(page.texts["style"][0]),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert {value[:1] for _, name, value in page.attributes if name in ("src", "href")} <= {"#", "d"}
    assert not [name for _, name, _ in page.attributes if name.startswith("on") or name == "style"]
    assert not set(page.tags) & {"img", "iframe", "object", "embed", "form:action", "base"}
    assert not re.search(r"@import|url\(|https?://", page.texts["style"][0])
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|Function\(", page.texts["script"][1]
    )


def test_hostile_text_is_shown_and_never_obeyed() -> None:
    page, calm = Page(html(dryruns.hostile())), Page(html(dryruns.weighty()))
    assert set(page.tags) <= set(calm.tags)
    for place in PLACES:
        assert visible(f"{place}-{dryruns.HOSTILE}") in page.shown, place
    for place in AS_JSON:
        assert visible(json.dumps(f"{place}-{dryruns.HOSTILE}", ensure_ascii=False)) in page.shown, place
    everything = json.dumps(page.data, ensure_ascii=False)
    for place in SCRIPTED:
        assert f"{place}-</script><!--<script>alert(1)" in everything, place
    raw = html(dryruns.hostile())
    data = raw[raw.index('id="data">') + 10 :]
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", data[: data.index("</script>")])
    raw.encode("utf-8")


UNSEEN = "\u202e\u2066\u200b\u200d\ufeff\u00ad\u3164\x07\x7f\x85\u2028\u00a0\U000e0041\ud800"
"""What turns text around, has no width or cannot be told from something else."""


def test_what_cannot_be_seen_is_shown_as_an_escape_everywhere_on_the_page() -> None:
    def swapped(value: Any) -> Any:
        match value:
            case str():
                return value.replace("</script>", UNSEEN)
            case dict():
                return {swapped(key): swapped(inner) for key, inner in value.items()}
            case list() | tuple():
                return [swapped(inner) for inner in value]
        return value

    run = Report.model_validate(swapped(dryruns.hostile().model_dump(by_alias=True)))
    page = Page(html(run))
    everything = "".join((page.shown, json.dumps(page.data, ensure_ascii=False)))
    assert set(UNSEEN).isdisjoint(everything)
    for escape in ("\\u202e", "\\u200b", "\\ufeff", "\\x07", "\\xa0", "\\U000e0041", "\\ud800"):
        assert f"why-{visible(UNSEEN)}" in page.shown and escape in visible(UNSEEN)
    assert f"message-{visible(UNSEEN)}" in str(page.data["instances"]["errors"]).replace("\\\\", "\\")
    assert set(UNSEEN).isdisjoint(markdown(run))


def test_without_its_script_the_page_says_verdict_differences_and_what_was_not_compared() -> None:
    run = dryruns.credit()
    shown = Page(html(run)).shown
    assert "Diverged" in shown and run.why in shown and "The new side did not do what the old side did." in shown
    for side in (run.old, run.new):
        assert f"2 runs of {side.engine} {side.engine_version}" in shown
    for one in run.differences:
        assert one.path in shown and (one.call or "the run") in shown
    for unseen in run.not_compared:
        assert unseen.what in shown and unseen.why in shown
    for masked in run.masked:
        assert masked.reason in shown
    assert "0.4491" in shown, "the evidence of noise"


def test_no_difference_claims_no_more_than_was_compared() -> None:
    run = dryruns.credit(diverged=False)
    assert "None in what was compared" in Page(html(run)).shown
    masked = run.model_copy(update={"masked": dryruns.credit().masked})
    assert "None that count in what was compared" in Page(html(masked)).shown
    assert "Nothing could be compared" in Page(html(dryruns.inconclusive())).shown


@pytest.mark.parametrize(
    ("made", "word"),
    [(lambda: dryruns.credit(diverged=False), "Equivalent"), (dryruns.inconclusive, "Inconclusive")],
)
def test_each_verdict_is_said_plainly(made: Any, word: str) -> None:
    run: Report = made()
    assert word in Page(html(run)).shown
    assert markdown(run).splitlines()[0] == f"# Migration dry-run of credit_scoring: {word.lower()}"
    for problem in run.new.problems:
        assert problem in Page(html(run)).shown and problem in markdown(run)


def test_an_integer_that_became_a_float_looks_different() -> None:
    data = page_data(dryruns.credit())
    assert ["output", "validate", [], "$.rows", "1000", "1000.0", "", "old and new", None] in data["differences"]
    assert any('"rows": 1000,' in text for text, *_ in data["texts"])
    assert any('"rows": 1000.0,' in text for text, *_ in data["texts"])


def one_call(output: Any, other: Any, *paths: str) -> Report:
    run = dryruns.credit(diverged=False)

    def side(value: Any, of: Any) -> Any:
        call = CallRecord(id="ingest", state="succeeded", attempts=1, output=value)
        record = Record(pipeline="p", engine="e", engine_version="1", state="succeeded", calls=(call,))
        return of.model_copy(update={"records": (record,)})

    found = tuple(Difference(kind="output", call="ingest", path=path, old=1, new=2) for path in paths)
    update = {"old": side(output, run.old), "new": side(other, run.new), "differences": found}
    return run.model_copy(update=update)


def column(data: Any, which: int, part: str) -> list[Any]:
    """One part of all executions of a side; where the new side has none of its own, it is the old side's."""
    at = data["parts"].index(part)
    old, new = (parts[at] for parts in data["instances"]["sides"])
    found: list[Any] = new if which and new is not None else old
    return found


def test_a_large_output_is_cut_around_its_first_difference_and_says_so() -> None:
    rows = [{"id": number, "name": f"customer {number}"} for number in range(5000)]
    others = [*rows[:4321], {"id": 4321, "name": "someone else"}, *rows[4322:]]
    data = page_data(one_call(rows, others, "$[4321].name"))
    for which, name in enumerate(("customer 4321", "someone else")):
        text, hits, _ = data["texts"][column(data, which, "output")[0]]
        lines = text.split("\n")
        assert name in lines[hits[0]] and hits[1] == 1
        assert lines[0].startswith("…") and lines[-1].startswith("…")
        assert sum(map(len, lines)) < LARGEST + 200


@pytest.mark.parametrize(("calls", "instances"), [(5000, 2), (2, 2500), (1002, 2000)])
def test_a_page_of_five_thousand_calls_stays_under_a_megabyte(calls: int, instances: int) -> None:
    run = dryruns.large(calls, instances, judged=calls == 1002)
    assert len(html(run).encode()) < 1_000_000


def test_a_further_call_costs_the_page_a_few_bytes() -> None:
    few, many = (len(html(dryruns.large(2, count, judged=False)).encode()) for count in (1000, 4000))
    assert (many - few) / 6_000 < 40


@pytest.mark.parametrize("shape", [lambda count: (count, 1), lambda count: (2, count)], ids=["calls", "instances"])
def test_judging_and_telling_is_work_in_proportion_to_the_calls(shape: Callable[[int], tuple[int, int]]) -> None:
    def told(count: int) -> None:
        run = dryruns.large(*shape(count))
        assert run.to_json() and html(run) and markdown(run)

    assert grows_in_proportion(told, 100)


def test_a_page_of_large_outputs_stays_small_and_shows_those_that_differ() -> None:
    rng = random.Random(3)
    run = dryruns.large(300, 20)
    assert run.new.record is not None
    heavy = [
        call.model_copy(update={"output": {"blob": "".join(rng.choices("abcdef", k=9000))}})
        for call in run.new.record.calls
    ]
    record = run.new.record.model_copy(update={"calls": tuple(heavy)})
    found = Difference(kind="output", call="c0003", path="$.blob", old="x", new="y")
    side = run.new.model_copy(update={"records": (record,)})
    run = run.model_copy(update={"new": side, "differences": (found,), "findings": ()})
    assert len(html(run).encode()) < BUDGET + 300_000
    data = page_data(run)
    at = [data["boxes"][box]["id"] for box in data["instances"]["box"]].index("c0003")
    assert len(data["texts"][column(data, 1, "output")[at]][0]) > 9000


def test_only_the_first_rows_stand_in_the_page_itself_and_it_says_how_many_there_are() -> None:
    many = [f"$[{number}]" for number in range(ROWS + 7)]
    run = one_call(list(range(400)), list(range(400)), *many)
    page = Page(html(run))
    assert f"The first {ROWS} of {ROWS + 7}" in page.shown
    assert len(page.data["differences"]) == ROWS + 7
    assert f"… and {ROWS + 7 - 200} more." in markdown(run)


def test_a_call_that_the_pipeline_does_not_know_is_drawn_apart() -> None:
    run = dryruns.credit()
    assert run.new.record is not None
    stranger = CallRecord(id="legacy_cleanup", state="succeeded", attempts=1)
    record = run.new.record.model_copy(update={"calls": (*run.new.record.calls, stranger)})
    data = page_data(run.model_copy(update={"new": run.new.model_copy(update={"records": (record,)})}))
    boxes = {box["id"]: box for box in data["boxes"]}
    assert boxes["legacy_cleanup"]["inside"] == [ELSEWHERE]
    row = [data["boxes"][box]["id"] for box in data["instances"]["box"]].index("legacy_cleanup")
    assert column(data, 0, "state")[row] is None and column(data, 1, "state")[row] == 0


def test_times_count_from_each_runs_own_start() -> None:
    run = dryruns.credit()
    assert run.new.record is not None and run.new.record.started is not None
    moved = run.new.record.model_dump()
    later = timedelta(days=3)
    for part in (moved, *moved["calls"]):
        for name in ("started", "ended"):
            part[name] = part[name] + later if part[name] else None
    record = Record.model_validate(moved)
    shifted = run.model_copy(update={"new": run.new.model_copy(update={"records": (record,)})})
    assert page_data(shifted)["instances"] == page_data(run)["instances"]


# ---------------------------------------------------------------- values


@pytest.mark.parametrize("number", range(30))
def test_pretty_lines_are_the_value_and_know_their_paths(number: int) -> None:
    rng = random.Random(number)

    def value(depth: int) -> Any:
        kind = rng.randrange(6 if depth else 4)
        if kind == 4:
            return [value(depth - 1) for _ in range(rng.randrange(6))]
        if kind == 5:
            return {f"k{n}": value(depth - 1) for n in range(rng.randrange(6))}
        return [None, rng.random(), rng.randrange(10**20), 'a "b"\n' * rng.randrange(9)][kind]

    given = value(4)
    lines = list(pretty(given, {"$.k1[0]", "$[1].k2"}))
    assert json.loads("\n".join(text for _, text in lines)) == given
    for path, text in lines:
        at = given
        for key in re.findall(r"\.(k\d+)|\[(\d+)\]", path):
            at = at[key[0]] if key[0] else at[int(key[1])]
        if isinstance(at, int):
            assert str(at) in text
    assert marked(lines, {"$"}) == [(0, len(lines))]


# ---------------------------------------------------------------- layout


def some_graph(seed: int) -> CallGraph:
    """Boxes in random nesting, and arrows from earlier to later ones."""
    rng = random.Random(seed)
    boxes: list[GraphNode] = []
    edges: list[tuple[str, str]] = []

    def block(inside: tuple[str, ...], arms: tuple[int | None, ...], depth: int) -> None:
        for _ in range(rng.randrange(1, 7)):
            kind = rng.choice(["call", "call", "call", "if", "each"]) if depth else "call"
            id = f"n{len(boxes)}" * rng.randrange(1, 4)
            boxes.append(
                GraphNode(id=id, kind=kind, inside=inside, arms=arms, words=("a > 1", "") if kind == "if" else ())  # type: ignore[arg-type]
            )
            for other in rng.sample(boxes[:-1], min(len(boxes) - 1, rng.randrange(3))):
                edges.append((other.id, id))
            if kind == "each":
                block((*inside, id), (*arms, None), depth - 1)
            elif kind == "if":
                block((*inside, id), (*arms, 0), depth - 1)
                block((*inside, id), (*arms, 1), depth - 1)

    block((), (), 3)
    boxes.append(GraphNode(id="last", kind="final"))
    return CallGraph(boxes=tuple(boxes), edges=tuple(edges))


def overlap(a: PlacedNode, b: PlacedNode) -> bool:
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height


@pytest.mark.parametrize("seed", range(40))
def test_boxes_stand_in_their_regions_and_never_overlap(seed: int) -> None:
    graph = some_graph(seed)
    made: Layout = layout(graph)
    places = made.places
    for box in graph.boxes:
        here = places[box.id]
        assert here.x >= 0 and here.x + here.width <= made.width and here.y + here.height <= made.height
        if box.inside:
            around = places[box.inside[-1]]
            assert around.x <= here.x and here.x + here.width <= around.x + around.width
            assert around.y + 20 <= here.y and here.y + here.height <= around.y + around.height
        for other in graph.boxes:
            if other.id != box.id and box.id not in other.inside and other.id not in box.inside:
                assert not overlap(here, places[other.id]), (box.id, other.id)
    assert all(places["last"].y > place.y for id, place in places.items() if id != "last" and not place.box.inside)
    assert made == layout(graph)


def test_arrows_between_boxes_of_one_block_lead_down() -> None:
    made = layout(dryruns.credit().graph)
    for (start, end), points in made.arrows.items():
        assert made.places[start].y < made.places[end].y, (start, end)
        assert [y for _, y in points] == sorted(y for _, y in points)


# ---------------------------------------------------------------- Markdown


def cells(line: str) -> list[str]:
    """The cells of a table's row, as GitHub splits them."""
    return re.split(r"(?<!\\)(?:\\\\)*\|", line.strip())[1:-1]


def test_markdown_tables_survive_pipes_and_newlines() -> None:
    text = markdown(dryruns.hostile())
    tables = [block for block in re.split(r"\n\n+", text) if block.startswith("|")]
    assert len(tables) == 5
    for table in tables:
        rows = table.splitlines()
        assert {len(cells(row)) for row in rows} == {len(cells(rows[0]))}
    assert [line for line in text.splitlines() if line.startswith("#")][1:] == [
        "## Findings (1)",
        "## Differences (2)",
        "## Flaky on the old side (1)",
        "## Differences that do not count (1)",
        "## Not compared",
        "## Not exercised",
        "## Declared on both sides",
    ]


def test_markdown_holds_no_element_of_anybody_elses() -> None:
    outside = re.sub(r"(?ms)^ *(`{3,})diff$.*?^ *\1$", "", markdown(dryruns.hostile()))
    outside_code = re.sub(r"`[^`\n]*`", "", outside)
    assert set(re.findall(r"<[^>]*>?", outside_code)) == {"<code>", "</code>"}


def test_markdown_leaves_ordinary_names_as_they_are() -> None:
    text = markdown(dryruns.credit())
    assert "| output | `evaluate[2]` | `$.auc` | `0.788003` | `0.801557` |" in text
    assert "dry-run of credit_scoring" in text
    assert "`[0.449, 0.4491]`" in text


def test_every_kind_of_difference_has_a_name() -> None:
    assert set(KINDS) == set(get_args(Kind))


def test_failures_made_on_purpose_are_shown_with_where_they_spread_differently() -> None:
    run = dryruns.credit()
    for text in (html(run), markdown(run)):
        assert "select fails twice" in text and "notify" in text.split("select fails twice")[1][:400]
        assert "ingest fails" in text and "alike" in text


def test_a_table_that_differs_says_what_of_it() -> None:
    run = dryruns.credit()
    for text in (html(run), markdown(run)):
        assert "2 of 1,000 rows differ" in text
    table = next(one[-1] for one in page_data(run)["differences"] if one[0] == "table")
    assert table["columns"] == [["income", "99.8000%"]] and table["cells"] == [
        ["customer=c-17", "income", "1200.5", "1200.0"]
    ]


def test_the_first_screen_shows_how_much_was_compared_aspect_by_aspect() -> None:
    page = Page(html(dryruns.weighty()))
    drawn = [value for tag, name, value in page.attributes if tag == "svg" and name == "aria-label"]
    assert drawn == [
        "states: 13 of 17 agree, 4 differ",
        "attempts: 15 of 17 agree, 2 differ",
        "order: 13 of 14 agree, 1 differs",
        "outputs: 8 of 14 agree, 3 differ, 1 masked, 2 not kept",
        "result: 0 of 1 agree, 1 not kept",
    ]
    for words in drawn:
        name, _, said = words.partition(": ")
        assert said in page.shown and f"| {name} | {said} |" in markdown(dryruns.weighty())


@given(st.tuples(*(st.integers(0, 10**6) for _ in range(4))))
def test_a_bar_is_as_wide_as_all_and_shows_each_part_that_there_is(counts: tuple[int, ...]) -> None:
    agree, differ, masked, unknown = counts
    tally = Tally(agree=agree, differ=differ, masked=masked, unknown=unknown)
    drawn = bars(Coverage(instances=1, output=tally))
    if not tally.total:
        assert drawn == []
        return
    [bar] = drawn
    assert [kind for kind, *_ in bar.parts] == [
        kind for kind, count in zip(("agree", "differ", "masked", "unknown"), counts, strict=True) if count
    ]
    assert sum(width for *_, width in bar.parts) == pytest.approx(100, abs=0.1)
    assert all(width > 1 for *_, width in bar.parts)


def test_causes_come_first_with_what_follows_folded_under_them() -> None:
    run = dryruns.weighty()
    shown = Page(html(run)).shown
    first = shown[shown.index("Findings 3Each") if "Findings 3Each" in shown else shown.index("Each begins") :]
    assert first.index("validate") < first.index("1 difference follows from it") < first.index("evaluate[2]")
    assert "dags/credit_scoring.py:49" in first and '+    return {"rows": float(len(rows))' in first
    text = markdown(run)
    assert "## Findings (3)" in text and "1. `validate`: output `$.rows`" in text
    assert "1 follows: `build_features`" in text and "in `dags/credit_scoring.py:49` and `credit_scoring.py:49`" in text
    assert '   -    return {"rows": len(rows)' in text


def test_what_was_not_exercised_and_what_both_sides_declare_have_sections_of_their_own() -> None:
    for text in (Page(html(dryruns.weighty())).shown, markdown(dryruns.weighty())):
        for part in (
            "no attempt failed",
            "--inject all",
            "the flow has no deployment",
            "train[1]",
            "succeeded, failed",
        ):
            assert part in text, part
    page = Page(html(dryruns.weighty()))
    assert "1 that agree" in page.shown and "timeout" in page.shown


def test_the_rows_of_a_table_name_themselves_and_one_without_a_key_suggests_the_rule_to_write(tmp_path: Path) -> None:
    found = dryruns.TABLE.table
    assert found is not None
    loose = found.model_copy(
        update={
            "key": (),
            "cells": (CellDifference(row=("17",), column="income", old="1", new=None),),
            "rows_only_new": (("1000",),),
        }
    )
    run = dryruns.credit()
    alone = (dryruns.TABLE.model_copy(update={"table": loose}),)
    run = run.model_copy(update={"differences": alone, "findings": ()})
    table = page_data(run)["differences"][0][-1]
    assert table["cells"] == [["row 17", "income", "1", "absent"]] and table["rows"] == [
        ["row 1000", "absent", "there"]
    ]
    for text in (Page(html(run)).shown, markdown(run)):
        assert table["rule"] in text + "\n"
    file = tmp_path / "rules.toml"
    file.write_text(table["rule"], encoding="utf-8")
    [made] = read_rules(file).table
    assert made == TableRule(call="build_features", path="$", key=("customer",))
    for keyed in (Page(html(dryruns.credit())).shown, markdown(dryruns.credit())):
        assert "[[table]]" not in keyed


def test_a_run_that_was_cut_short_says_how_far_it_came() -> None:
    run = dryruns.inconclusive()
    for text in (html(run), markdown(run)):
        assert "Completed" in text and "train" in text and "Running" in text


def test_a_call_shows_the_values_it_was_given() -> None:
    data = page_data(dryruns.credit(diverged=False))
    boxes = [box["id"] for box in data["boxes"]]
    given = {boxes[box]: text for box, text in zip(data["instances"]["box"], column(data, 0, "given"), strict=True)}
    assert "runs/2026-03-02/applications.csv" in data["texts"][given["validate"]]
