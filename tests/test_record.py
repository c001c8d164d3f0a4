"""What a record's JSON says is what pydantic makes of it, and how instants stand in it."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from pipeglot.core.record import CallRecord, Failure, Record

START = datetime(2026, 3, 2, 5, tzinfo=timezone.utc)
TIMES = (
    START,
    START + timedelta(microseconds=1),
    START.astimezone(timezone(timedelta(hours=5, minutes=30))),
    START.astimezone(timezone(timedelta(hours=-3))) + timedelta(microseconds=250),
    datetime(987, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=120_000),
)
CALLS = (
    *(CallRecord(id=f"c{n}", state="succeeded", attempts=1, started=at, ended=at) for n, at in enumerate(TIMES)),
    CallRecord(id="gave", index=(0, 2), state="succeeded", attempts=2, output={"a": [1, 1.0, None, "\x00é"]}),
    CallRecord(id="kept nothing", state="failed", tolerated=True, observed=False, error=Failure(type="E", message="m")),
    CallRecord(id="blocked", state="blocked"),
    CallRecord(id="final", state="succeeded", output=None, told="failed"),
)
TOLD: dict[str, Any] = {"pipeline": "p", "engine": "local", "engine_version": "1", "state": "failed", "calls": CALLS}


def test_calls_are_written_in_a_record_as_they_are_alone() -> None:
    written = json.loads(Record(**TOLD).to_json())["calls"]
    assert written == [json.loads(call.model_dump_json()) for call in CALLS]
    assert [*written[0]] == [name for name in CallRecord.model_fields if name not in ("output", "told")]
    assert Record(**TOLD).model_dump(mode="json")["calls"] == written
    assert Record(**TOLD).model_dump()["calls"] == tuple(call.model_dump() for call in CALLS)


def test_instants_are_written_in_utc_with_microseconds_and_read_as_the_same() -> None:
    record = Record(**TOLD)
    for call, written in zip(record.calls, json.loads(record.to_json())["calls"], strict=True):
        if call.started is not None:
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", written["started"])
    assert Record.from_json(record.to_json()) == record


@pytest.mark.parametrize("wrong", [5, 5.5, True, "12345", "2026", "1772427600.5"])
def test_a_number_is_no_instant(wrong: Any) -> None:
    said = "an instant is written as 2026-01-31T02:00:00Z"
    data = {**json.loads(Record(**TOLD).to_json()), "started": wrong}
    with pytest.raises(ValidationError, match=said):
        Record.from_json(json.dumps(data))
    with pytest.raises(ValidationError, match=said):
        CallRecord(id="a", state="succeeded", started=wrong)
