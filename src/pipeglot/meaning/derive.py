"""What an engine left traces of, completed to a full Record by the rules of the language.

The rules run as in the reference run, only that a call is looked up instead of performed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from pipeglot.core.ir import AnyNode, Call, Each, If, Json, Pipeline
from pipeglot.core.mismatch import mismatch
from pipeglot.core.record import CallRecord, Record, RunState, last_executions
from pipeglot.core.shape import EnclosingBlock, Shape, inline, transparent
from pipeglot.meaning.evaluate import EvaluationError, Unknown
from pipeglot.meaning.machine import UNKNOWN, CellState, Key, Machine
from pipeglot.meaning.run import in_order, run_context


def reconstruct(
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
    attempts: int = 1,
    kept: Any = UNKNOWN,
) -> Record:
    """The Record of a run that an engine did, from the call instances it left traces of. No step code runs.

    - An observed call keeps the engine's state, attempts, times, output and error, even where the rules
      disagree; what follows from it is concluded from what was observed. `tolerated` is the policy's: a
      failed call that is allowed to fail is tolerated, and its output is the default unless another was observed.
    - Of a call instance that was executed several times every execution is kept, and what follows is concluded
      from the last one.
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
      or when it is None and the step's return type has no null. A note names it. Of what depends on it nothing is
      derived, but what a region decided may still show: the arm in which something was attempted was taken, one
      whose calls would have left a trace and did not was not, and a loop has as many items as its calls were seen for.

    `params` are all of the run's, defaults included. The run's state and its `attempts` are the engine's; its result is
    the one the engine `kept`, else computed from the outputs, and not set when it is not known.

    >>> from pipeglot.core.ir import Step, Shell
    >>> pipeline = Pipeline(
    ...     name="p",
    ...     steps=(Step(name="s", run=Shell(script="true")),),
    ...     body=(Call(id="a", step="s"), Call(id="b", step="s", after=("a",))),
    ... )
    >>> record = reconstruct(
    ...     pipeline, [CallRecord(id="a", state="failed", attempts=1)], engine="airflow", engine_version="3",
    ...     state="failed", params={}, run_id="r",
    ...     logical_date=datetime.fromisoformat("2026-01-01T02:00:00+00:00"),
    ... )
    >>> [(call.id, call.state, call.observed) for call in record.calls]
    [('a', 'failed', True), ('b', 'blocked', False)]
    """
    pipeline = inline(pipeline)
    context = run_context(pipeline, logical_date, run_id)
    reading = _Reconstruction(Shape(pipeline), observed, params, context, state)
    reading.start()
    while reading.ready:
        instance = reading.ready.popleft()
        reading.end(instance, reading.observed.get(instance.key))
    result: dict[str, Any] = {}
    if kept is not UNKNOWN:
        result = {"result": kept, "result_observed": True}
    else:
        with contextlib.suppress(Unknown):
            result["result"] = reading.result()
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
        attempts=attempts,
        **result,
        calls=in_order(reading.shape, [*reading.executions, *reading.derived]),
        notes=(*notes, *reading.notes),
    )


def arguments(shape: Shape, record: Record) -> dict[Key, dict[str, Json]]:
    """What every call instance that was attempted was given, computed from what the others gave: records hold outputs
    only. Instances whose arguments cannot be formed, or depend on an output or parameter that is not known, are left out.
    `shape` is that of a pipeline without Includes.

    >>> from pipeglot.core.ir import Const, Step, Shell
    >>> pipeline = Pipeline(
    ...     name="p", steps=(Step(name="s", run=Shell(script="true")),),
    ...     body=(Call(id="a", step="s", args={"x": Const(value=1)}),),
    ... )
    >>> arguments(Shape(pipeline), Record(pipeline="p", engine="e", engine_version="1", state="succeeded"))
    {('a', ()): {'x': 1}}
    """
    pipeline = shape.pipeline
    when = datetime.fromisoformat((record.logical_date or "1970-01-01T00:00:00Z").replace("Z", "+00:00"))
    context = run_context(pipeline, when, record.run_id or "")
    params = {param.name: UNKNOWN for param in pipeline.params} | record.params
    reading = _Reconstruction(shape, record.calls, params, context, record.state)
    found: dict[Key, dict[str, Json]] = {}
    reading.start()
    while reading.ready:
        instance = reading.ready.popleft()
        key = instance.key
        with contextlib.suppress(EvaluationError, Unknown):
            found[key] = instance.args()
        reading.end(instance, reading.observed.get(key))
    return found


class _Reconstruction(Machine):
    """A machine that looks up what happened.

    Attributes:
        executions: the engine's records, with what the policies add.
        observed: the last of them by instance.
        derived: the records that the rules add.
        notes: what could not be concluded.
    """

    def __init__(
        self,
        shape: Shape,
        observed: Sequence[CallRecord],
        params: Mapping[str, Json],
        context: Mapping[str, Json],
        state: RunState,
    ) -> None:
        super().__init__(shape, params, context)
        pipeline = shape.pipeline
        self._state = state
        self._calls_by_id = {call.id: call for call in self.shape.calls}
        if pipeline.final is not None:
            self._calls_by_id[pipeline.final.call.id] = pipeline.final.call
        self._returns = {step.name: step.returns for step in pipeline.steps}
        self.derived: list[CallRecord] = []
        self.notes: list[str] = []
        self._without: list[str] = []
        self.executions = [self._read(record) for record in observed]
        self.observed = last_executions(self.executions)
        failed = any(record.state == "failed" and not record.tolerated for record in self.observed.values())
        self._ended = state == "succeeded" or (state == "failed" and failed)
        if len(self._without) == 1:
            self.notes.append(f"the output of {self._without[0]} is not known; nothing is concluded from it")
        elif self._without:
            some = ", ".join(self._without[:3]) + ", ..." * (len(self._without) > 3)
            count = len(self._without)
            self.notes.append(f"the outputs of {count} calls ({some}) are not known; nothing is concluded from them")

    @cached_property
    def _seen(self) -> set[Key]:
        """Every call instance that was observed, and what those further inside begin with."""
        return {(id, index[:depth]) for id, index in self.observed for depth in range(len(index) + 1)}

    @cached_property
    def _entered(self) -> set[tuple[EnclosingBlock, tuple[int, ...]]]:
        """The blocks in which something was attempted."""
        return {
            (frame, record.index[:depth])
            for record in self.observed.values()
            if record.attempts
            for frame in self.shape.frames.get(record.id, ())
            for depth in range(len(record.index) + 1)
        }

    @cached_property
    def _attempted(self) -> set[Key]:
        """The regions in which something was."""
        return {(frame.region, index) for frame, index in self._entered}

    @cached_property
    def _items(self) -> dict[Key, int]:
        """How many items of each loop calls were observed for."""
        found: dict[Key, int] = {}
        for id, index in self.observed:
            loops = self.shape.loops(id) if id in self.shape.frames else ()
            for depth, loop in enumerate(loops[: len(index)]):
                known = found.get((loop, index[:depth]), 0)
                found[loop, index[:depth]] = max(known, index[depth] + 1)
        return found

    def _read(self, record: CallRecord) -> CallRecord:
        call = self._calls_by_id.get(record.id)
        if call is None:
            return record
        on_failure = call.policy.on_failure
        if record.state == "failed" and on_failure is not None:
            output = {} if "output" in record.model_fields_set else {"output": on_failure.default}
            return record.model_copy(update={"tolerated": True, **output})
        given = "output" in record.model_fields_set
        impossible = record.output is None and mismatch(None, self._returns[call.step]) is not None
        if record.state == "succeeded" and (impossible or not given):
            self._without.append(call.id + (f" {list(record.index)}" if record.index else ""))
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
        except Unknown:
            failed = self.known_failure(region, index)
            if failed is not None and (region.id, index) not in self._attempted:
                raise failed from None
            shown = self._shown(region, index)
            if len(shown) != 1:
                raise
            return shown[0]
        except EvaluationError as error:
            if (region.id, index) in self.observed or self._may_have_failed(region, index):
                raise
            self._note_decided(region, index, error)
            raise Unknown(region.id) from error

    def _shown(self, region: If | Each, index: tuple[int, ...]) -> list[Json]:
        """What a region may have decided, going by what was seen of the calls inside. That nothing was seen says
        something where a call would have run at once, and the run came to its end: it succeeded, or it is known why not."""
        if isinstance(region, Each):
            seen = self._items.get((region.id, index), 0)
            return [[UNKNOWN] * seen] if self._ended and self._tells(region.body, region.id) else []
        arms = range(len(region.arms))
        if entered := [n for n in arms if (EnclosingBlock(region.id, n), index) in self._entered]:
            return [*entered]
        left = [n for n in arms if not (self._ended and self._tells(region.arms[n].body, region.id))]
        return [*left, *([] if region.arms[-1].when is None else [None])]

    def _tells(self, body: tuple[AnyNode, ...], region: str) -> bool:
        """Whether a block has a call that waits for nothing inside: it runs whenever the block is entered."""
        for node in transparent(body):
            waits = self.shape.waits(node.id)
            inner = any(f.region == region for ref in (*waits.values, *waits.after) for f in self.shape.frames[ref])
            if isinstance(node, Call) and not inner:
                return True
        return False

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
