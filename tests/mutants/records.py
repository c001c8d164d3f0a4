"""Changes of a record: an old side that says something else of the run than what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

from pipeglot.core.record import CallRecord, Record


@dataclass(frozen=True)
class Edit:
    """A changed record, and which calls were changed: empty for the run itself."""

    record: Record
    calls: frozenset[str] = frozenset()


RecordOperator: TypeAlias = Callable[[Record], Iterator[Edit]]


def _edits(record: Record, change: Callable[[CallRecord], list[CallRecord] | None]) -> Iterator[Edit]:
    for number, call in enumerate(record.calls):
        new = change(call)
        if new is not None:
            calls = (*record.calls[:number], *new, *record.calls[number + 1 :])
            yield Edit(record.model_copy(update={"calls": calls}), frozenset({call.id}))


def _set(call: CallRecord, **fields: Any) -> list[CallRecord]:
    return [call.model_copy(update=fields)]


def drops(record: Record) -> Iterator[Edit]:
    yield from _edits(record, lambda call: [])


def repeats(record: Record) -> Iterator[Edit]:
    """A call was made twice, with the same outcome."""
    yield from _edits(record, lambda call: [call, call] if call.attempts else None)


def repeats_failed(record: Record) -> Iterator[Edit]:
    """A failed execution stands before the good one."""

    def change(call: CallRecord) -> list[CallRecord] | None:
        if call.state != "succeeded":
            return None
        return [*_set(call, state="failed", output=None), call]

    yield from _edits(record, change)


def adds(record: Record) -> Iterator[Edit]:
    for call in record.calls[:3]:
        new = call.model_copy(update={"id": f"{call.id}_more", "index": ()})
        yield Edit(record.model_copy(update={"calls": (*record.calls, new)}), frozenset({new.id}))


def adds_instance(record: Record) -> Iterator[Edit]:
    yield from _edits(record, lambda call: [call, *_set(call, index=(*call.index[:-1], 99))] if call.index else None)


def other_state(record: Record) -> Iterator[Edit]:
    turned = {"succeeded": "skipped", "failed": "succeeded", "skipped": "blocked", "blocked": "skipped"}
    yield from _edits(record, lambda call: _set(call, state=turned[call.state]))


def other_attempts(record: Record) -> Iterator[Edit]:
    yield from _edits(record, lambda call: _set(call, attempts=call.attempts + 1) if call.attempts else None)


def not_tolerated(record: Record) -> Iterator[Edit]:
    yield from _edits(record, lambda call: _set(call, tolerated=not call.tolerated) if call.state == "failed" else None)


def other_output(record: Record) -> Iterator[Edit]:
    def change(call: CallRecord) -> list[CallRecord] | None:
        if call.output is None or not (call.state == "succeeded" or call.tolerated):
            return None
        return _set(call, output=_other(call.output))

    yield from _edits(record, change)


def _other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case float():
            return value * 1.000001 + 1e-9
        case str():
            return value + " "
        case list():
            return value[:-1] if value else [None]
        case dict():
            return {**value, "new": None}
    return 0


def other_type(record: Record) -> Iterator[Edit]:
    def change(call: CallRecord) -> list[CallRecord] | None:
        return _set(call, output=str(call.output)) if isinstance(call.output, int | float) else None

    yield from _edits(record, change)


def deeper(record: Record) -> Iterator[Edit]:
    """Something within an output."""

    def change(call: CallRecord) -> list[CallRecord] | None:
        if isinstance(call.output, list) and call.output:
            return _set(call, output=[*call.output[:-1], _other(call.output[-1])])
        if isinstance(call.output, dict) and call.output:
            first = next(iter(call.output))
            return _set(call, output={**call.output, first: _other(call.output[first])})
        return None

    yield from _edits(record, change)


def no_output(record: Record) -> Iterator[Edit]:
    yield from _edits(record, lambda call: _set(call, output=None) if call.output is not None else None)


def swaps_outputs(record: Record) -> Iterator[Edit]:
    """Two instances of a call have changed places."""
    for number, (a, b) in enumerate(zip(record.calls, record.calls[1:], strict=False)):
        if a.id == b.id and a.output != b.output:
            new = (*_set(a, output=b.output), *_set(b, output=a.output))
            calls = (*record.calls[:number], *new, *record.calls[number + 2 :])
            yield Edit(record.model_copy(update={"calls": calls}), frozenset({a.id}))


def out_of_order(record: Record) -> Iterator[Edit]:
    """A call had begun before what it takes from had ended."""
    begun = record.started
    assert begun is not None
    hour = timedelta(hours=1)
    yield from _edits(
        record,
        lambda call: (
            _set(call, started=begun - 2 * hour, ended=begun - hour)
            if call.attempts and call.id in _WAITING and call.started
            else None
        ),
    )


_WAITING = {"total", "best", "publish", "notify", "names", "join", "ended", "usual"}


def ends_before_it_starts(record: Record) -> Iterator[Edit]:
    yield from _edits(
        record,
        lambda call: _set(call, ended=call.started - timedelta(hours=1)) if call.started and call.ended else None,
    )


def other_result(record: Record) -> Iterator[Edit]:
    yield Edit(record.model_copy(update={"result": "something else"}))
    yield Edit(record.model_copy(update={"result": None}))


def other_run_state(record: Record) -> Iterator[Edit]:
    yield Edit(record.model_copy(update={"state": "failed" if record.state == "succeeded" else "succeeded"}))


def run_again(record: Record) -> Iterator[Edit]:
    yield Edit(record.model_copy(update={"attempts": 2}))


def told_otherwise(record: Record) -> Iterator[Edit]:
    yield from _edits(
        record,
        lambda call: _set(call, told="failed" if call.told == "succeeded" else "succeeded") if call.told else None,
    )


def other_params(record: Record) -> Iterator[Edit]:
    for name, value in record.params.items():
        yield Edit(record.model_copy(update={"params": {**record.params, name: _other(value)}}))


def other_date(record: Record) -> Iterator[Edit]:
    yield Edit(record.model_copy(update={"logical_date": "2025-03-02T05:00:00Z"}))


def other_pipeline(record: Record) -> Iterator[Edit]:
    yield Edit(record.model_copy(update={"pipeline": "another"}))


def no_calls(record: Record) -> Iterator[Edit]:
    yield Edit(record.model_copy(update={"calls": ()}), frozenset(call.id for call in record.calls))


def renamed_calls(record: Record) -> Iterator[Edit]:
    for edit in _edits(record, lambda call: _set(call, id=f"old_{call.id}")):
        yield Edit(edit.record, edit.calls | {f"old_{id}" for id in edit.calls})


OPERATORS: tuple[RecordOperator, ...] = (
    drops,
    repeats,
    repeats_failed,
    adds,
    adds_instance,
    other_state,
    other_attempts,
    not_tolerated,
    other_output,
    other_type,
    deeper,
    no_output,
    swaps_outputs,
    out_of_order,
    ends_before_it_starts,
    other_result,
    other_run_state,
    run_again,
    told_otherwise,
    other_params,
    other_date,
    other_pipeline,
    no_calls,
    renamed_calls,
)
