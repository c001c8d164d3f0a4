"""The published JSON Schemas are those of the code, and what is written fits them."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from pipeglot.cli import main
from pipeglot.cli.formats import FORMATS
from pipeglot.compare import ignore
from pipeglot.conformance.corpus.order import chain
from pipeglot.conformance.matrix import RESULTS
from pipeglot.core.ir import Param
from pipeglot.engines.native import Native, NativeTask
from pipeglot.meaning.run import execute
from tests.random_pipelines import random_pipeline

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SCHEMAS = Path(__file__).parents[1] / "docs" / "schemas"


@pytest.mark.parametrize("name", FORMATS)
def test_the_published_schema_is_current(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", name]) == 0
    printed = capsys.readouterr().out
    assert printed == (SCHEMAS / f"{name}-1.json").read_text("utf-8"), f"pipeglot schema {name} > docs/schemas/..."


def test_every_published_schema_is_of_a_format() -> None:
    assert {path.name for path in SCHEMAS.iterdir()} == {f"{name}-1.json" for name in FORMATS}


def schema(name: str, *, closed: bool = False) -> Any:
    """`closed`: nothing may stand in the data of which the schema does not speak."""
    data = (SCHEMAS / f"{name}-1.json").read_text("utf-8")
    return jsonschema.Draft202012Validator(json.loads(data, object_hook=_closed if closed else None))


def _closed(part: dict[str, Any]) -> dict[str, Any]:
    known = "properties" in part and part.get("type") == "object"
    return {**part, "additionalProperties": part.get("additionalProperties", False)} if known else part


def test_what_is_written_fits() -> None:
    for seed in range(20):
        schema("pipeline").validate(json.loads(random_pipeline(random.Random(seed)).to_json()))
    schema("record").validate(json.loads(execute(chain.ir()).to_json()))


def test_what_commands_print_fits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def printed(*arguments: str) -> Any:
        main(list(arguments))
        return json.loads(capsys.readouterr().out)

    file, out, history = tmp_path / "chain.json", tmp_path / "out", str(tmp_path / "history.db")
    file.write_text(chain.ir().to_json(), "utf-8")
    dry = ("migrate", "dry-run", str(file), "--old", "local", "--new", "local", "--out", str(out), "--history", history)
    for _ in range(2):
        main([*dry])
    capsys.readouterr()
    for name, data in {
        "diagnostics": printed("check", str(file), "--target", "prefect", "--format", "json"),
        "dryrun": json.loads((out / "dryrun.json").read_text("utf-8")),
        "history": printed("migrate", "history", "--history", history, "--json"),
        "plan": printed("migrate", "plan", str(file), "--old", "airflow", "--new", "prefect", "--json", "-"),
        "engines": printed("engines", "list", "--json"),
        "targets": printed("targets", "--json"),
    }.items():
        assert data["schema"] == f"pipeglot.{name}/1"
        schema(name, closed=True).validate(data)


def test_what_the_repository_keeps_fits() -> None:
    for path in RESULTS.glob("*.json"):
        schema("conformance", closed=True).validate(json.loads(path.read_text("utf-8")))
    native = Native(engine="airflow", name="nightly", file="dag.py", tasks=(NativeTask(name="load"),))
    schema("native", closed=True).validate(json.loads(native.to_json()))


def test_the_rules_and_the_map_that_the_documentation_shows_fit() -> None:
    shown = tomllib.loads(str(ignore.__doc__).split("\n\n", 1)[1])
    schema("rules", closed=True).validate(json.loads(json.dumps(shown, default=str)))
    schema("map", closed=True).validate(
        {"tasks": {"load_raw": "ingest", "start": ""}, "values": {"train.auc": "train.$.auc"}}
    )


@pytest.mark.parametrize("edit", [{"format": "pipeglot.pipeline/2"}, {"surprise": 1}, {"body": [{"kind": "loop"}]}])
def test_what_is_not_a_pipeline_does_not_fit(edit: dict[str, Any]) -> None:
    data = {**json.loads(chain.ir().to_json()), **edit}
    assert not schema("pipeline").is_valid(data)


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": {"a": 1}},
        {"type": []},
        {"type": "text"},
        {"properties": {"n": "integer"}},
        {"enum": 1e308},
        {"maximum": "9"},
        {"minimum": True},
        {"anyOf": [{"type": []}]},
        {"items": 3},
        {"$ref": 1},
    ],
)
def test_what_only_looks_like_a_type_is_no_pipeline(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="JSON Schema"):
        Param(name="p", type=wrong)
