"""What pipeglot compiles is the pipeline, too, when nobody says that it was compiled: run as native code, and read by
names alone."""

from __future__ import annotations

import pytest

from tests.native_corpus import TARGETS, chosen, differences
from tests.test_engines import installed

SHARE = 12
"""One case of so many is run on each engine: what starts an engine takes longer than a case."""


def test_every_engine_has_cases_of_its_own() -> None:
    shares = [{case.id for case in chosen(target, SHARE)} for target in TARGETS]
    assert len(set().union(*shares)) == sum(map(len, shares)) and min(map(len, shares)) >= 10


@pytest.mark.engine
@pytest.mark.parametrize("target", TARGETS)
def test_compiled_code_read_as_native_is_the_reference_run(target: str) -> None:
    """A share of the corpus; `python -m tests.native_corpus` runs all of it."""
    installed(target)
    found = {name: wrong for name, wrong, _ in differences(target, chosen(target, SHARE))}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
