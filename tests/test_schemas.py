"""The published JSON Schemas are those of the code, and what is written fits them."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from pipeglot.cli import main
from pipeglot.conformance.corpus.order import chain
from pipeglot.core.ir import Param
from pipeglot.meaning.run import execute
from tests.random_pipelines import random_pipeline

SCHEMAS = Path(__file__).parents[1] / "docs" / "schemas"


@pytest.mark.parametrize("name", ["pipeline", "record", "conformance", "plan", "schedule"])
def test_the_published_schema_is_current(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", name]) == 0
    printed = capsys.readouterr().out
    assert printed == (SCHEMAS / f"{name}-1.json").read_text("utf-8"), f"pipeglot schema {name} > docs/schemas/..."


def schema(name: str) -> Any:
    return jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{name}-1.json").read_text("utf-8")))


def test_what_is_written_fits() -> None:
    for seed in range(20):
        schema("pipeline").validate(json.loads(random_pipeline(random.Random(seed)).to_json()))
    schema("record").validate(json.loads(execute(chain.ir()).to_json()))


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
