"""Injected failures propagate on the engines as the language says, also where answers have to be made up."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from pipeglot import backends, continue_, pipeline, step
from pipeglot.author.read import read
from pipeglot.compare.records import compare
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import Record
from pipeglot.core.shape import inline
from pipeglot.engines.run import Request, run_many
from pipeglot.meaning.run import execute
from pipeglot.migrate.runner import RunRequest
from pipeglot.migrate.scenarios import of_the_run, scenarios
from pipeglot.migrate.sides import LocalSide
from pipeglot.migrate.stub import FOLDER, played, unexpected, with_stubs
from pipeglot.migrate.unanswered import apart
from tests.random_pipelines import given, numbered
from tests.test_engines import installed

ROOT = Path(__file__).parents[1]
WHEN = datetime(2026, 3, 2, 5, tzinfo=timezone.utc)
RANDOM = (8,)
NEVER = threading.Event()


@step
def fetch(n: int) -> int:
    return n


@step
def double(x: int) -> int:
    return 2 * x


@pipeline
def tolerant(n: int = 3) -> int:
    return double(fetch.options(on_failure=continue_(default=0))(n))


def nightly(folder: Path) -> Pipeline:
    """The README's own."""
    text = re.search(r"<!-- nightly.py -->\n```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert text is not None
    (folder / "nightly.py").write_text(text[1])
    return read(str(folder / "nightly.py")).pipeline


@pytest.mark.engine
@pytest.mark.parametrize("target", backends.TARGETS)
def test_failures_made_on_purpose_spread_as_in_the_reference(target: str, tmp_path: Path) -> None:
    python = installed(target)
    made: list[tuple[Pipeline, Mapping[str, Any], str]] = [
        (nightly(tmp_path), {}, "sample:3"),
        (tolerant.ir(), {}, "fetch"),
    ]
    made += [(numbered(3, number), given(3, number), "sample:2") for number in RANDOM]
    found: list[str] = []
    with ExitStack() as stack:
        runs = []
        for pipeline_, params, chosen in made:
            flat = inline(pipeline_)
            base = execute(flat, params=params, logical_date=WHEN)
            for scenario in scenarios(flat, base, chosen):
                sides = [stack.enter_context(played(scenario.plan)) for _ in range(2)]
                runs.append((flat, params, scenario, with_stubs(flat, scenario.plan), sides))
        requests = [
            Request(changed, params=params, logical_date=WHEN, env=sides[1]) for _, params, _, changed, sides in runs
        ]
        outcomes = list(run_many(requests, target, python=python))
        for (flat, params, scenario, changed, sides), new in zip(runs, outcomes, strict=True):
            assert isinstance(new, Record), (flat.name, scenario.name, new)
            (old,) = LocalSide().run([RunRequest(changed, params, WHEN, env=sides[0])], None, NEVER)
            assert isinstance(old, Record)
            asked = (unexpected(Path(env[FOLDER]), of_the_run(flat)) for env in sides)
            found += [f"{flat.name}, {scenario.name}: {one}" for one in (*compare(old, new, flat), *apart(*asked))]
    assert not found
