"""Diagnostics: the code table, and the three forms they are shown in."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeglot.core import render
from pipeglot.core.diagnostic import CODES, Diagnostic, accept, blocking
from pipeglot.core.ir import At

SOURCE = Path(__file__).parents[1] / "src" / "pipeglot"
SCHEMA = json.loads((Path(__file__).parent / "data" / "sarif-schema-2.1.0.json").read_text())
VALIDATOR = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker())

ERROR = Diagnostic("PG170", "error", "a cycle", At(file="a b.py", line=9), "break it")
LOSS = Diagnostic("PG214", "loss", "no catch-up", At(file="a b.py", line=3), "allow it", "prefect")
NOTE = Diagnostic("PG401", "note", "no retries")

placed = st.none() | st.builds(At, file=st.text(min_size=1), line=st.integers(1, 10**6))
diagnostics = st.lists(
    st.builds(
        Diagnostic,
        code=st.sampled_from(["PG101", "PG214", "PG330"]),
        severity=st.sampled_from(["error", "loss", "warning", "note"]),
        message=st.text(),
        at=placed,
        help=st.text(),
        target=st.none() | st.just("airflow"),
    ),
    max_size=6,
)


def used_codes() -> set[str]:
    """Every text `PGxyz` in the package that stands alone, as the code of a diagnostic does."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(re.findall(r"\APG\d{3}\Z", node.value))
    return found


def test_every_code_in_use_has_a_title_and_every_title_a_use() -> None:
    # The table itself is among the uses, so an unused code is one that is met once only.
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(SOURCE.rglob("*.py")))
    assert used_codes() <= set(CODES)
    assert [code for code in CODES if len(re.findall(code, text)) < 2] == []


def test_titles_are_one_line_without_a_full_stop() -> None:
    for code, title in CODES.items():
        assert re.fullmatch(r"PG[1-4]\d\d", code)
        assert title.strip() == title and title and "\n" not in title and not title.endswith(".")


def test_codes_stand_in_order() -> None:
    assert list(CODES) == sorted(CODES)


def test_errors_block_and_losses_until_they_are_allowed() -> None:
    assert blocking([ERROR, LOSS, NOTE]) == [ERROR, LOSS]
    assert blocking([ERROR, LOSS], allow=["PG214", "PG170"]) == [ERROR]
    (note,) = accept([LOSS], ["PG214"])
    assert (note.code, note.severity, note.message) == ("PG214", "note", "no catch-up")


def test_text_is_placed_ordered_and_helped() -> None:
    assert render.text([ERROR, NOTE, LOSS], folder="examples") == (
        "note PG401 no retries\n"
        "examples/a b.py:3: loss PG214 [prefect] no catch-up\n"
        "  help: allow it\n"
        "examples/a b.py:9: error PG170 a cycle\n"
        "  help: break it\n"
    )


def test_the_same_help_is_given_once_and_the_same_finding_said_once() -> None:
    here, there = (Diagnostic("PG214", "loss", f"{n}", At(file="a.py", line=n), "do this") for n in (1, 2))
    text = render.text([here, here, there])
    assert text.count("help: do this") == 1 and text.count("PG214") == 2


def test_colour_only_when_asked_for() -> None:
    assert "\033[" in render.text([ERROR], colour=True)
    assert re.sub(r"\033\[\d*m", "", render.text([ERROR], colour=True)) == render.text([ERROR])


@given(diagnostics)
def test_text_holds_no_control_character_whatever_the_author_wrote(found: list[Diagnostic]) -> None:
    assert all(line.isprintable() for line in render.text(found).split("\n"))


@given(diagnostics)
def test_json_says_all_of_it(found: list[Diagnostic]) -> None:
    data = json.loads(render.as_json(found))
    assert data["schema"] == "pipeglot.diagnostics/1"
    assert sum(data["counts"].values()) == len(data["diagnostics"]) == len(set(found))
    shown = {(d["code"], d["severity"], d["message"], d["file"], d["line"], d["help"]) for d in data["diagnostics"]}
    wanted = {
        (d.code, d.severity, d.message, d.at and d.at.file, d.at and d.at.line, d.help)
        for d in found
        if d.at is None or not d.at.file.startswith("/")
    }
    assert wanted <= shown


def sarif(found: list[Diagnostic]) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(render.sarif(found, version="1.2.3", folder="examples", source="x.py"))
    return log


@given(diagnostics)
def test_sarif_is_valid_against_the_official_schema(found: list[Diagnostic]) -> None:
    errors = [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(sarif(found))]
    assert errors == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda run: run["results"][0].update(level="loss"),
        lambda run: run["results"][0].pop("message"),
        lambda run: run["tool"]["driver"].pop("name"),
        lambda run: run["results"][0]["locations"][0]["physicalLocation"]["region"].update(startLine=0),
    ],
)
def test_the_schema_would_notice(spoil: Any) -> None:
    log = sarif([ERROR])
    assert VALIDATOR.is_valid(log)
    spoil(log["runs"][0])
    assert not VALIDATOR.is_valid(log)


def test_json_is_written_in_the_letters_of_the_author() -> None:
    found = [Diagnostic("PG100", "error", "größer als 1")]
    assert all("größer als 1" in written for written in (render.as_json(found), render.sarif(found, version="1")))


def test_sarif_names_rules_levels_regions_and_relative_uris() -> None:
    (run,) = sarif([ERROR, LOSS, NOTE])["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["PG170", "PG214", "PG401"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    note, loss, error = run["results"]
    assert [note["level"], loss["level"], error["level"]] == ["note", "error", "error"]
    assert loss["properties"] == {"severity": "loss", "target": "prefect"}
    place = error["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "examples/a%20b.py"}, "region": {"startLine": 9}}
    # A finding without a place of its own is one of the file that was asked about.
    assert note["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "x.py"}}}]
