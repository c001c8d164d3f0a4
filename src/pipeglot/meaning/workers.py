"""The threads of a reference run: each performs attempts, one after the other, and ends with the run."""

from __future__ import annotations

import queue
import threading
from contextvars import Context
from dataclasses import dataclass
from typing import Any

from pipeglot.core.ir import Json
from pipeglot.core.record import Failure
from pipeglot.meaning.functions import Function
from pipeglot.meaning.machine import Key


@dataclass(frozen=True)
class Attempt:
    """One try to do a call instance, its number counted from 1."""

    key: Key
    number: int
    function: Function
    args: dict[str, Any]


@dataclass(frozen=True)
class AttemptEnd:
    """How it ended, and who is free from then on."""

    key: Key
    number: int
    value: Json
    error: Failure | None
    worker: _Worker


class Workers:
    """As many threads as attempts go on at one time: making a thread for each takes longer than a small attempt."""

    def __init__(self) -> None:
        self._ends: queue.SimpleQueue[AttemptEnd] = queue.SimpleQueue()
        self._all: list[_Worker] = []
        self._idle: list[_Worker] = []

    def perform(self, attempt: Attempt) -> None:
        """Begin it on a thread that is free."""
        if not self._idle:
            self._all.append(worker := _Worker(self._ends))
            self._idle.append(worker)
        self._idle.pop().attempts.put(attempt)

    def ended(self, timeout: float | None) -> AttemptEnd:
        """The next attempt to end; queue.Empty when none has within `timeout` seconds."""
        end = self._ends.get(timeout=timeout)
        self._idle.append(end.worker)
        return end

    def close(self) -> None:
        """End all threads, those of abandoned attempts after these."""
        for worker in self._all:
            worker.attempts.put(None)


class _Worker:
    """A daemon thread: what is abandoned does not keep the process alive. Each attempt has context variables of its own."""

    def __init__(self, ends: queue.SimpleQueue[AttemptEnd]) -> None:
        self._ends = ends
        self.attempts: queue.SimpleQueue[Attempt | None] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="pipeglot", daemon=True).start()

    def _work(self) -> None:
        while self._next():
            pass

    def _next(self) -> bool:
        # A function of its own: what an attempt was given and gave is not kept until the next one.
        attempt = self.attempts.get()
        if attempt is None:
            return False
        threading.current_thread().name = f"pipeglot {attempt.key[0]}"
        value, error = None, None
        try:
            value = Context().run(attempt.function, **attempt.args)
        except BaseException as raised:  # also SystemExit: a run must not hang on a step that exits
            error = failure(raised)
        self._ends.put(AttemptEnd(attempt.key, attempt.number, value, error, self))
        return True


def failure(error: BaseException) -> Failure:
    """What a record says of an error."""
    try:
        message = str(error).encode("utf-8", "backslashreplace").decode()
    except Exception:
        message = "(its message cannot be written)"
    return Failure(type=type(error).__name__, message=message)
