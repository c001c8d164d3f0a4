"""The report of a dry-run: one inert HTML file, readable without its script, and Markdown that nothing breaks."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any, get_args

import pytest

from pipeglot.core.record import CallRecord, Record
from pipeglot.migrate.drawing import Box, Graph
from pipeglot.migrate.model import Difference, DryRun, Kind
from pipeglot.migrate.report import ROWS, html, markdown
from pipeglot.migrate.report_data import BUDGET, ELSEWHERE, KINDS, LARGEST, page_data
from pipeglot.migrate.report_layout import Layout, Placed, layout
from pipeglot.migrate.report_values import marked, pretty
from tests import dryruns

PLACES = [
    *("pipeline", "engine", "version", "run_id", "run note", "spec", "file", "note", "problem", "id"),
    *("digest", "pipeglot", "why", "date", "reason", "what", "why not", "call", "old", "new"),
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
        return json.loads(self.texts["script"][0])


def test_the_same_dry_run_gives_the_same_bytes() -> None:
    assert html(dryruns.credit()) == html(DryRun.from_json(dryruns.credit().to_json()))
    assert markdown(dryruns.credit()) == markdown(DryRun.from_json(dryruns.credit().to_json()))


@pytest.mark.parametrize("made", [dryruns.credit, dryruns.hostile, dryruns.inconclusive])
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
    page, calm = Page(html(dryruns.hostile())), Page(html(dryruns.credit()))
    assert set(page.tags) <= set(calm.tags)
    for place in PLACES:
        assert f"{place}-{dryruns.HOSTILE}" in page.shown, place
    for place in AS_JSON:
        assert json.dumps(f"{place}-{dryruns.HOSTILE}", ensure_ascii=False) in page.shown, place
    everything = json.dumps(page.data, ensure_ascii=False)
    for place in SCRIPTED:
        assert f"{place}-</script><!--<script>alert(1)" in everything, place
    raw = html(dryruns.hostile())
    data = raw[raw.index('id="data">') + 10 :]
    assert not set("<>&\u2028\u2029") & set(data[: data.index("</script>")])
    raw.encode("utf-8")


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
    run: DryRun = made()
    assert word in Page(html(run)).shown
    assert markdown(run).splitlines()[0] == f"# Migration dry-run of credit_scoring: {word.lower()}"
    for problem in run.new.problems:
        assert problem in Page(html(run)).shown and problem in markdown(run)


def test_an_integer_that_became_a_float_looks_different() -> None:
    data = page_data(dryruns.credit())
    assert ["output", "validate", [], "$.rows", "1000", "1000.0", "", "old and new", None] in data["differences"]
    assert any('"rows": 1000,' in text for text, *_ in data["texts"])
    assert any('"rows": 1000.0,' in text for text, *_ in data["texts"])


def one_call(output: Any, other: Any, *paths: str) -> DryRun:
    run = dryruns.credit(diverged=False)

    def side(value: Any, of: Any) -> Any:
        call = CallRecord(id="ingest", state="succeeded", attempts=1, output=value)
        record = Record(pipeline="p", engine="e", engine_version="1", state="succeeded", calls=(call,))
        return of.model_copy(update={"records": (record,)})

    found = tuple(Difference(kind="output", call="ingest", path=path, old=1, new=2) for path in paths)
    update = {"old": side(output, run.old), "new": side(other, run.new), "differences": found}
    return run.model_copy(update=update)


def test_a_large_output_is_cut_around_its_first_difference_and_says_so() -> None:
    rows = [{"id": number, "name": f"customer {number}"} for number in range(5000)]
    others = [*rows[:4321], {"id": 4321, "name": "someone else"}, *rows[4322:]]
    data = page_data(one_call(rows, others, "$[4321].name"))
    old, new = data["instances"][0][2:]
    for side, name in ((old, "customer 4321"), (new, "someone else")):
        text, hits, _ = data["texts"][side[6]]
        lines = text.split("\n")
        assert name in lines[hits[0]] and hits[1] == 1
        assert lines[0].startswith("…") and lines[-1].startswith("…")
        assert sum(map(len, lines)) < LARGEST + 200


def test_the_page_stays_small() -> None:
    assert len(html(dryruns.large()).encode()) < 2_000_000
    rng = random.Random(3)
    run = dryruns.large()
    assert run.new.record is not None
    heavy = [
        call.model_copy(update={"output": {"blob": "".join(rng.choices("abcdef", k=9000))}})
        for call in run.new.record.calls
    ]
    record = run.new.record.model_copy(update={"calls": tuple(heavy)})
    run = run.model_copy(update={"new": run.new.model_copy(update={"records": (record,)})})
    assert len(html(run).encode()) < BUDGET + 2_000_000 < 5_000_000


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
    row = next(row for row in data["instances"] if data["boxes"][row[0]]["id"] == "legacy_cleanup")
    assert row[2] is None and row[3][0] == "succeeded"


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


def some_graph(seed: int) -> Graph:
    """Boxes in random nesting, and arrows from earlier to later ones."""
    rng = random.Random(seed)
    boxes: list[Box] = []
    edges: list[tuple[str, str]] = []

    def block(inside: tuple[str, ...], arms: tuple[int | None, ...], depth: int) -> None:
        for _ in range(rng.randrange(1, 7)):
            kind = rng.choice(["call", "call", "call", "if", "each"]) if depth else "call"
            id = f"n{len(boxes)}" * rng.randrange(1, 4)
            boxes.append(
                Box(id=id, kind=kind, inside=inside, arms=arms, words=("a > 1", "") if kind == "if" else ())  # type: ignore[arg-type]
            )
            for other in rng.sample(boxes[:-1], min(len(boxes) - 1, rng.randrange(3))):
                edges.append((other.id, id))
            if kind == "each":
                block((*inside, id), (*arms, None), depth - 1)
            elif kind == "if":
                block((*inside, id), (*arms, 0), depth - 1)
                block((*inside, id), (*arms, 1), depth - 1)

    block((), (), 3)
    boxes.append(Box(id="last", kind="final"))
    return Graph(boxes=tuple(boxes), edges=tuple(edges))


def overlap(a: Placed, b: Placed) -> bool:
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
    assert len(tables) == 3
    for table in tables:
        rows = table.splitlines()
        assert {len(cells(row)) for row in rows} == {len(cells(rows[0]))}
    assert [line for line in text.splitlines() if line.startswith("#")][1:] == [
        "## Differences (2)",
        "## Differences that do not count (1)",
        "## Not compared",
    ]


def test_markdown_holds_no_element_of_anybody_elses() -> None:
    outside_code = re.sub(r"`[^`\n]*`", "", markdown(dryruns.hostile()))
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
    assert table["columns"] == [["income", "99.8000%"]] and table["cells"] == [["c-17", "income", "1200.5", "1200.0"]]


def test_a_run_that_was_cut_short_says_how_far_it_came() -> None:
    run = dryruns.inconclusive()
    for text in (html(run), markdown(run)):
        assert "Completed" in text and "train" in text and "Running" in text


def test_a_call_shows_the_values_it_was_given() -> None:
    data = page_data(dryruns.credit(diverged=False))
    boxes = [box["id"] for box in data["boxes"]]
    given = {boxes[box]: old[-1] for box, _, old, _ in data["instances"] if old}
    assert "runs/2026-03-02/applications.csv" in data["texts"][given["validate"]]
