"""What an engine left traces of, completed to a full Record by the rules of the language.

The rules run as in the reference run, only that a call is looked up instead of performed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from pipeglot.core.evaluate import EvaluationError, Unknown
from pipeglot.core.ir import Call, Each, If, Json, Pipeline
from pipeglot.core.machine import CellState, Key, Machine
from pipeglot.core.record import CallRecord, Record, RunState
from pipeglot.core.run import in_order, run_context
from pipeglot.core.shape import inline
from pipeglot.core.types import mismatch


def complete(
    pipeline: Pipeline,
    observed: Sequence[CallRecord],
    *,
    engine: str,
    engine_version: str,
    state: RunState,
    params: Mapping[str, Json],
    logical_date: datetime,
    run_id: str,
    started: datetime | None = None,
    ended: datetime | None = None,
    notes: Sequence[str] = (),
) -> Record:
    """The Record of a run that an engine did, from the call instances it left traces of. No step code runs.

    - An observed call keeps the engine's state, attempts, times, output and error, even where the rules
      disagree; what follows from it is concluded from what was observed. `tolerated` is the policy's: a
      failed call that is allowed to fail is tolerated, and its output is the default.
    - A call that the rules skip or block and that was not observed (nor any instance of it further inside)
      becomes a record with `observed=False`.
    - A call that the rules let run and that was not observed is left out: a comparison reports it as missing.
      Nothing is concluded from it, but that what waits for something that failed besides is blocked.
    - An observed region that failed to decide keeps its entry, and the values that leave it count as failed.
      Which way it went is still what the rules say where they can say it.
    - A region that fails to decide by the rules but was not observed to: an entry is derived
      (`observed=False`) when the engine's run failed and nothing inside was attempted. Otherwise the engine
      did decide, against the rules; then nothing in the region is derived, and a note says so.
    - An output is not known when the record was made without one (`output` is not in its `model_fields_set`),
      or when it is None and the step's return type has no null. Nothing is derived of what depends on it, and
      a note names it.

    `params` are all of the run's, defaults included. The run's state is the engine's; the result is computed
    from the outputs.

    >>> from pipeglot.core.ir import Step, Shell
    >>> pipeline = Pipeline(
    ...     name="p",
    ...     steps=(Step(name="s", run=Shell(script="true")),),
    ...     body=(Call(id="a", step="s"), Call(id="b", step="s", after=("a",))),
    ... )
    >>> record = complete(
    ...     pipeline, [CallRecord(id="a", state="failed", attempts=1)], engine="airflow", engine_version="3",
    ...     state="failed", params={}, run_id="r",
    ...     logical_date=datetime.fromisoformat("2026-01-01T02:00:00+00:00"),
    ... )
    >>> [(call.id, call.state, call.observed) for call in record.calls]
    [('a', 'failed', True), ('b', 'blocked', False)]
    """
    pipeline = inline(pipeline)
    context = run_context(pipeline, logical_date, run_id)
    reading = _Reading(pipeline, observed, params, context, state)
    reading.start()
    while reading.ready:
        instance = reading.ready.popleft()
        reading.end(instance, reading.observed.get(instance.key))
    return Record(
        pipeline=pipeline.name,
        engine=engine,
        engine_version=engine_version,
        state=state,
        params=dict(params),
        logical_date=context["logical_date"],
        run_id=run_id,
        started=started,
        ended=ended,
        result=reading.result(),
        calls=in_order(reading.shape, [*reading.observed.values(), *reading.derived]),
        notes=(*notes, *reading.notes),
    )


def arguments(pipeline: Pipeline, record: Record) -> dict[Key, dict[str, Json]]:
    """What every call instance that was attempted was given, computed from what the others gave: records hold outputs
    only. Instances whose arguments cannot be formed, or depend on an output that is not known, are left out.

    >>> from pipeglot.core.ir import Const, Step, Shell
    >>> pipeline = Pipeline(
    ...     name="p", steps=(Step(name="s", run=Shell(script="true")),),
    ...     body=(Call(id="a", step="s", args={"x": Const(value=1)}),),
    ... )
    >>> arguments(pipeline, Record(pipeline="p", engine="e", engine_version="1", state="succeeded"))
    {('a', ()): {'x': 1}}
    """
    pipeline = inline(pipeline)
    when = datetime.fromisoformat((record.logical_date or "1970-01-01T00:00:00Z").replace("Z", "+00:00"))
    context = run_context(pipeline, when, record.run_id or "")
    reading = _Reading(pipeline, record.calls, record.params, context, record.state)
    found: dict[Key, dict[str, Json]] = {}
    reading.start()
    while reading.ready:
        instance = reading.ready.popleft()
        with contextlib.suppress(EvaluationError, Unknown):
            found[instance.key] = instance.args()
        reading.end(instance, reading.observed.get(instance.key))
    return found


class _Reading(Machine):
    """A machine that looks up what happened.

    Attributes:
        observed: the engine's records by instance, with what the policies add.
        derived: the records that the rules add.
        notes: what could not be concluded.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        observed: Sequence[CallRecord],
        params: Mapping[str, Json],
        context: Mapping[str, Json],
        state: RunState,
    ) -> None:
        super().__init__(pipeline, params, context)
        self._state = state
        self._calls_by_id = {call.id: call for call in self.shape.calls}
        if pipeline.final is not None:
            self._calls_by_id[pipeline.final.call.id] = pipeline.final.call
        self._returns = {step.name: step.returns for step in pipeline.steps}
        self.derived: list[CallRecord] = []
        self.notes: list[str] = []
        self.observed: dict[Key, CallRecord] = {}
        for record in observed:
            self.observed[record.id, record.index] = self._read(record)
        self._seen = {(id, index[:depth]) for id, index in self.observed for depth in range(len(index) + 1)}
        self._attempted = {
            (frame.region, record.index[:depth])
            for record in self.observed.values()
            if record.attempts
            for frame in self.shape.frames.get(record.id, ())
            for depth in range(len(record.index) + 1)
        }

    def _read(self, record: CallRecord) -> CallRecord:
        call = self._calls_by_id.get(record.id)
        if call is None:
            return record
        on_failure = call.policy.on_failure
        if record.state == "failed" and on_failure is not None:
            return record.model_copy(update={"tolerated": True, "output": on_failure.default})
        given = "output" in record.model_fields_set
        impossible = record.output is None and mismatch(None, self._returns[call.step]) is not None
        if record.state == "succeeded" and (impossible or not given):
            place = call.id + (f" {list(record.index)}" if record.index else "")
            self.notes.append(f"the output of {place} is not known; nothing is concluded from it")
            known = record.model_fields_set - {"output"}
            return CallRecord.model_construct(known, **{name: getattr(record, name) for name in known})
        return record

    def withhold(self, call: Call, index: tuple[int, ...], state: CellState) -> CallRecord | None:
        record = self.observed.get((call.id, index))
        if record is None and state != "unknown" and (call.id, index) not in self._seen:
            record = super().withhold(call, index, state)
            assert record is not None
            record = record.model_copy(update={"observed": False})
            self.derived.append(record)
        return record

    def decide(self, region: If | Each, index: tuple[int, ...], choose: Callable[[], Json]) -> Json:
        try:
            return choose()
        except EvaluationError as error:
            if (region.id, index) in self.observed or self._may_have_failed(region, index):
                raise
            self._note_decided(region, index, error)
            raise Unknown(region.id) from error

    def known_failure(self, region: If | Each, index: tuple[int, ...]) -> EvaluationError | None:
        record = self.observed.get((region.id, index))
        return None if record is None else EvaluationError(record.error.message if record.error else "")

    def fail_region(self, region: If | Each, index: tuple[int, ...], error: EvaluationError) -> CallRecord | None:
        if (region.id, index) in self.observed:
            return self.observed[region.id, index]
        if self._state != "failed":
            self._note_decided(region, index, error)
            return None
        record = super().fail_region(region, index, error)
        assert record is not None
        record = record.model_copy(update={"observed": False})
        self.derived.append(record)
        return record

    def _may_have_failed(self, region: If | Each, index: tuple[int, ...]) -> bool:
        return self._state == "failed" and (region.id, index) not in self._attempted

    def _note_decided(self, region: If | Each, index: tuple[int, ...], error: EvaluationError) -> None:
        place = region.id + (f" {list(index)}" if index else "")
        self.notes.append(f"{place} should have failed ({error}), and the engine shows no failure")
