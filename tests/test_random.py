"""Properties of every valid pipeline, on random ones."""

from __future__ import annotations

import os
import random
import tempfile
from datetime import datetime, timezone
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeglot.backends import compile as compile_pipeline
from pipeglot.compare.order import Order, disorder
from pipeglot.compare.records import compare
from pipeglot.core.check import check
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import CallRecord, Record
from pipeglot.core.shape import Shape, inline
from pipeglot.meaning.derive import reconstruct
from pipeglot.meaning.run import execute
from tests.conftest import examples
from tests.random_pipelines import Limits, random_pipeline

PIPELINES = st.builds(
    lambda seed, calls, depth: random_pipeline(random.Random(seed), "random", Limits(calls=calls, depth=depth)),
    st.integers(0, 2**32),
    st.integers(1, 14),
    st.integers(0, 3),
)


DATE = datetime(2026, 3, 1, 2, tzinfo=timezone.utc)
"""The same for every run: steps see it."""


def run(pipeline: Pipeline) -> Record:
    with tempfile.TemporaryDirectory() as state, mock.patch.dict(os.environ, PIPEGLOT_TEST_STATE=state):
        return execute(pipeline, logical_date=DATE)


@given(PIPELINES)
def test_json_round_trips_byte_for_byte(pipeline: Pipeline) -> None:
    text = pipeline.to_json()
    assert Pipeline.from_json(text).to_json() == text
    assert Pipeline.from_json(text) == pipeline


@given(PIPELINES)
def test_valid_pipelines_check_without_errors(pipeline: Pipeline) -> None:
    assert [d for d in check(pipeline) if d.severity == "error"] == []


@settings(max_examples=examples(40))
@given(PIPELINES)
def test_the_reference_run_is_repeatable_and_keeps_the_order(pipeline: Pipeline) -> None:
    first, second = run(pipeline), run(pipeline)
    assert compare(first, second) == []
    assert list(disorder(Order(inline(pipeline)), first)) == []


@settings(max_examples=examples(60))
@given(PIPELINES)
def test_without_outputs_nothing_is_concluded_that_is_not_so(pipeline: Pipeline) -> None:
    whole = run(pipeline)
    known = CallRecord.model_fields.keys() - {"output"}
    traces = [
        CallRecord.model_construct(set(known), **{field: getattr(call, field) for field in known})
        for call in whole.calls
        if call.attempts or call.state == "failed"
    ]
    told = {"engine": "e", "engine_version": "1", "run_id": "r", "params": whole.params, "logical_date": DATE}
    back = reconstruct(inline(pipeline), traces, state=whole.state, **told)  # type: ignore[arg-type]
    states = [{(call.id, call.index, call.state) for call in record.calls} for record in (back, whole)]
    assert states[0] <= states[1]


@settings(max_examples=examples(40))
@given(PIPELINES)
def test_a_record_says_how_every_call_ended(pipeline: Pipeline) -> None:
    record = run(pipeline)
    recorded = {call.id for call in record.calls}
    shape = Shape(inline(pipeline))
    entered_empty = {call.id for call in shape.calls if call.id not in recorded}
    # Only a loop of zero items leaves a call of its body without any record.
    assert all(shape.loops(id) for id in entered_empty)
    failed = any(call.state == "failed" and not call.tolerated for call in record.calls)
    assert (record.state == "failed") == failed
    assert all(call.attempts == 0 for call in record.calls if call.state in ("skipped", "blocked"))


@pytest.mark.parametrize("target", ["airflow", "prefect"])
@settings(max_examples=examples(40))
@given(pipeline=PIPELINES)
def test_compiling_is_deterministic(target: str, pipeline: Pipeline) -> None:
    again = Pipeline.from_json(pipeline.to_json())
    assert compile_pipeline(pipeline, target).files == compile_pipeline(again, target).files
