"""The reference run: a pipeline executed in this process, concurrently, as `docs/language.md` says."""

from __future__ import annotations

import heapq
import queue
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from pipeglot.core import secrets
from pipeglot.core.dataclass import dataclass
from pipeglot.core.diagnostic import AuthoringError, Diagnostic
from pipeglot.core.ir import Call, Cron, Json, Pipeline
from pipeglot.core.params import resolve_params
from pipeglot.core.record import CallRecord, CallState, Failure, Record, RunState
from pipeglot.core.shape import Shape, asks_state, inline
from pipeglot.meaning.evaluate import EvaluationError
from pipeglot.meaning.functions import Function, loaded
from pipeglot.meaning.machine import Instance, Key, Machine
from pipeglot.meaning.workers import Attempt, AttemptEnd, Workers, failure

MAX_WORKERS = 32
"""Attempts that run at the same time unless the caller says otherwise."""

_POLL = 0.1


@dataclass(frozen=True)
class Event:
    """Something that happened to a call instance, or the failure of a region to decide.

    `attempt` is the number of attempts so far; `state` is None until it has ended.
    """

    id: str
    index: tuple[int, ...]
    what: Literal["started", "retrying", "ended"]
    state: CallState | None
    attempt: int
    time: datetime

    @property
    def word(self) -> str:
        """Its state now: `running` or `retrying` before it has ended."""
        return self.state or ("running" if self.what == "started" else "retrying")


Listener: TypeAlias = Callable[[Event], None]


class Interrupted(KeyboardInterrupt):
    """The run was interrupted from outside; `record` says truthfully how far it came."""

    def __init__(self, record: Record) -> None:
        super().__init__("the run was interrupted")
        self.record = record


def execute(
    pipeline: Pipeline,
    *,
    params: Mapping[str, Json] | None = None,
    logical_date: datetime | None = None,
    run_id: str | None = None,
    listener: Listener | None = None,
    max_workers: int | None = None,
    path: Sequence[str | Path] | None = None,
    stop: threading.Event | None = None,
) -> Record:
    """Run a valid pipeline (`pipeglot.core.check` finds no error in it) and say what happened.

    Args:
        params: JSON values by parameter name; defaults fill the rest.
        logical_date: an aware instant; the start of the run by default. Fractions of a second are dropped.
        run_id: made up by default.
        listener: told every event, on the calling thread.
        max_workers: how many attempts may run at once (32 by default).
        path: folders to import steps from, before those of `sys.path`.
        stop: when it is set, from another thread, it is as if the run were interrupted.

    Raises:
        AuthoringError: the params do not fit, a declared secret is not in the environment, or a step cannot be
            loaded; nothing has run.
        EngineError: a program that a step needs is missing; nothing has run.
        Interrupted: Ctrl-C, or `stop`; carries the record of what ran. (A run that exceeds the pipeline's `run_timeout`
            ends in state `cancelled` too, but its record is returned.)

    >>> execute(Pipeline(name="nothing")).state
    'succeeded'
    """
    pipeline = inline(pipeline)
    values = resolve_params(pipeline, params)
    secrets.values(pipeline)  # all are there
    started = _now()
    context = run_context(pipeline, logical_date or started, run_id or f"local-{uuid.uuid4().hex[:12]}")
    with loaded(pipeline, path or ()) as functions:
        machine = Machine(Shape(pipeline), values, context)
        scheduler = _Scheduler(machine, functions, listener, max_workers or MAX_WORKERS)
        deadline = None if pipeline.run_timeout is None else time.monotonic() + pipeline.run_timeout

        def record(state: RunState, notes: tuple[str, ...] = ()) -> Record:
            return Record(
                pipeline=pipeline.name,
                engine="local",
                engine_version=version("pipeglot"),
                state=state,
                params=values,
                logical_date=context["logical_date"],
                run_id=context["run_id"],
                started=started,
                ended=_now(),
                result=machine.result() if state != "cancelled" else None,
                result_observed=True,
                calls=in_order(machine.shape, machine.records),
                notes=notes,
            )

        try:
            in_time = scheduler.run(deadline, stop)
        except KeyboardInterrupt:
            scheduler.cancel()
            raise Interrupted(record("cancelled")) from None
        if not in_time:
            scheduler.cancel()
            return record("cancelled", (f"stopped after {pipeline.run_timeout} s (run_timeout)",))
        return record(machine.state())


def run_context(pipeline: Pipeline, logical_date: datetime, run_id: str) -> dict[str, str]:
    """The facts of a run by their names in `Ctx`; raises AuthoringError for a date without a time zone.

    >>> run_context(Pipeline(name="p"), datetime(2026, 1, 31, 2, tzinfo=timezone.utc), "r")["logical_date"]
    '2026-01-31T02:00:00Z'
    """
    if logical_date.tzinfo is None:
        message = f"the logical date {logical_date.isoformat()} has no time zone"
        raise AuthoringError([Diagnostic("PG353", "error", message, help="add one, such as Z for UTC")])
    timing = pipeline.schedule.timing if pipeline.schedule else None
    zone = ZoneInfo(timing.timezone) if isinstance(timing, Cron) else timezone.utc
    return {
        "logical_date": logical_date.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "day": logical_date.astimezone(zone).date().isoformat(),
        "run_id": run_id,
    }


def in_order(shape: Shape, records: Sequence[CallRecord]) -> tuple[CallRecord, ...]:
    """Records in the author's order, instances by their index; the Final comes last."""
    place = {id: number for number, id in enumerate(shape.nodes)}
    return tuple(sorted(records, key=lambda record: (place.get(record.id, len(place)), record.index)))


@dataclass(eq=False)
class _Work:
    """A call instance on its way."""

    instance: Instance
    key: Key
    attempts: int = 0
    started: datetime | None = None
    error: Failure | None = None


class _Scheduler:
    """Performs what a machine says is ready: attempts on workers, all else on the calling thread."""

    def __init__(
        self, machine: Machine, functions: Mapping[str, Function], listener: Listener | None, workers: int
    ) -> None:
        self._machine, self._functions, self._listener, self._workers = machine, functions, listener, workers
        self._limits = machine.shape.bounds
        self._queue: deque[_Work] = deque()
        self._parked: dict[str, deque[_Work]] = {}
        self._works: dict[Key, _Work] = {}
        self._running: set[Key] = set()
        self._running_of: Counter[str] = Counter()
        self._timers: list[tuple[float, int, _Work, int]] = []
        self._attempts = Workers()
        self._told = self._timer_count = 0

    def run(self, deadline: float | None, stop: threading.Event | None = None) -> bool:
        """Run to the end; False when the deadline (on the monotonic clock) came first. Raises KeyboardInterrupt when
        it is stopped."""
        try:
            return self._run(deadline, stop)
        finally:
            self._attempts.close()

    def _run(self, deadline: float | None, stop: threading.Event | None) -> bool:
        self._machine.start()
        while True:
            self._start_what_can()
            self._tell_ended()
            if not self._works:
                return True
            times = [timer[0] for timer in self._timers[:1]] + ([] if deadline is None else [deadline])
            wait = max(0.0, min(times) - time.monotonic()) if times else None
            if stop is not None:
                wait = _POLL if wait is None else min(wait, _POLL)
            try:
                self._done(self._attempts.ended(wait))
            except queue.Empty:
                if stop is not None and stop.is_set():
                    raise KeyboardInterrupt from None
                if deadline is not None and time.monotonic() >= deadline:
                    return False
            self._fire_timers()

    def cancel(self) -> None:
        """Record all that has not ended as cancelled, with the attempts so far."""
        ended = {(record.id, record.index) for record in self._machine.records}
        for key in list(self._machine.unended()):
            if key in ended:
                continue
            record = CallRecord(id=key[0], index=key[1], state="cancelled")
            work = self._works.get(key)
            if work is not None and work.started is not None:
                so_far = {
                    "attempts": work.attempts,
                    "started": work.started,
                    "ended": _now(),
                    "error": work.error,
                }
                record = record.model_copy(update=so_far)
            self._machine.records.append(record)
        self._tell_ended()

    def _start_what_can(self) -> None:
        machine = self._machine
        while True:
            while machine.ready:
                instance = machine.ready.popleft()
                work = _Work(instance, instance.key)
                self._works[work.key] = work
                self._queue.append(work)
            if not self._queue or len(self._running) >= self._workers:
                return
            work = self._queue.popleft()
            id = work.instance.call.id
            if id in self._limits and self._running_of[id] >= self._limits[id][0]:
                self._parked.setdefault(id, deque()).append(work)
            else:
                self._start(work)

    def _start(self, work: _Work) -> None:
        call = work.instance.call
        work.attempts += 1
        work.started = work.started or _now()
        self._tell("started", work)
        try:
            args = work.instance.args()
        except EvaluationError as error:
            self._unpark(call.id)
            self._failed(work, failure(error))
            return
        self._running.add(work.key)
        self._running_of[call.id] += 1
        if call.policy.timeout is not None:
            self._set_timer(call.policy.timeout, work)
        self._attempts.perform(Attempt(work.key, work.attempts, self._functions[call.step], args))

    def _done(self, done: AttemptEnd) -> None:
        work = self._works.get(done.key)
        if work is None or work.key not in self._running or work.attempts != done.number:
            return  # it had run out of time
        self._stopped(work)
        if done.error is None:
            self._end(work, "succeeded", done.value)
        else:
            self._failed(work, done.error)

    def _fire_timers(self) -> None:
        while self._timers and self._timers[0][0] <= time.monotonic():
            _, _, work, attempt = heapq.heappop(self._timers)
            key = work.key
            if work.attempts != attempt or self._works.get(key) is not work:
                continue
            if key in self._running:
                self._stopped(work)
                limit = work.instance.call.policy.timeout
                self._failed(work, Failure(type="TimeoutError", message=f"not done after {limit} s"))
            else:
                self._queue.append(work)

    def _set_timer(self, seconds: float, work: _Work) -> None:
        self._timer_count += 1
        heapq.heappush(self._timers, (time.monotonic() + seconds, self._timer_count, work, work.attempts))

    def _stopped(self, work: _Work) -> None:
        id = work.instance.call.id
        self._running.remove(work.key)
        self._running_of[id] -= 1
        self._unpark(id)

    def _unpark(self, id: str) -> None:
        """Let the next instance take the place of one that has ended, or that could not start."""
        if self._parked.get(id):
            self._queue.appendleft(self._parked[id].popleft())

    def _failed(self, work: _Work, error: Failure) -> None:
        work.error = error
        policy = work.instance.call.policy
        if policy.retry is not None and work.attempts <= policy.retry.count:
            self._tell("retrying", work)
            wait = policy.retry.wait(work.attempts)
            if wait:
                self._set_timer(wait, work)
            else:
                self._queue.append(work)
        else:
            tolerated = policy.on_failure
            self._end(work, "failed", tolerated.default if tolerated else None, error)

    def _end(self, work: _Work, state: CallState, output: Json, error: Failure | None = None) -> None:
        id, index = work.key
        record = CallRecord(
            id=id,
            index=index,
            state=state,
            tolerated=state == "failed" and work.instance.call.policy.on_failure is not None,
            attempts=work.attempts,
            started=work.started,
            ended=_now(),
            output=output,
            error=error,
            told=self._state_told(work.instance.call),
        )
        del self._works[work.key]
        self._machine.end(work.instance, record)

    def _state_told(self, call: Call) -> RunState | None:
        """What the Final was told of the run, if it asks."""
        final = self._machine.pipeline.final
        if final is None or call.id != final.call.id or not asks_state(final):
            return None
        return self._machine.state()

    def _tell(self, what: Literal["started", "retrying"], work: _Work) -> None:
        if self._listener is not None:
            id, index = work.key
            self._listener(Event(id, index, what, None, work.attempts, _now()))

    def _tell_ended(self) -> None:
        if self._listener is None:
            return
        for record in self._machine.records[self._told :]:
            ended = record.ended or _now()
            self._listener(Event(record.id, record.index, "ended", record.state, record.attempts, ended))
        self._told = len(self._machine.records)


def _now() -> datetime:
    return datetime.now(timezone.utc)
