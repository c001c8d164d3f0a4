"""What pipeglot compiles is the pipeline, too, when nobody says that it was compiled: run as native code, and read by
names alone."""

from __future__ import annotations

import pytest

from tests.native_corpus import TARGETS, chosen, differences
from tests.test_engines import installed


def test_every_case_is_run_on_an_engine_and_every_engine_has_its_share() -> None:
    shares = [{case.id for case in chosen(target, len(TARGETS))} for target in TARGETS]
    assert set().union(*shares) == {case.id for case in chosen(TARGETS[0])}
    assert min(map(len, shares)) >= 30


@pytest.mark.engine
@pytest.mark.parametrize("target", TARGETS)
def test_compiled_code_read_as_native_is_the_reference_run(target: str) -> None:
    """A share of the corpus; `python -m tests.native_corpus` runs all of it."""
    installed(target)
    found = {name: wrong for name, wrong, _ in differences(target, chosen(target, len(TARGETS)))}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
