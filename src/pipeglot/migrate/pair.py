"""Both sides run at the same time, with or without stubs for their steps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path
from tempfile import mkdtemp
from typing import TypeAlias

from pipeglot.compare.folders import Folders, neutral
from pipeglot.compare.judge import Left, SideName
from pipeglot.compare.model import Seen, Side
from pipeglot.core.dataclass import dataclass, field, replace
from pipeglot.core.diagnostic import PipeglotError
from pipeglot.core.record import Record
from pipeglot.engines.process import Event, Listener
from pipeglot.migrate.runner import Runner, RunRequest
from pipeglot.migrate.scenarios import of_the_run
from pipeglot.migrate.sides import RecordedSide, with_sandbox
from pipeglot.migrate.stub import FOLDER, StubPlan, played, unexpected, with_stubs
from pipeglot.migrate.unanswered import Asked
from pipeglot.redact.masks import Redactor

Outcome: TypeAlias = Record | PipeglotError

_POLL = 0.1


@dataclass(frozen=True)
class Play:
    """One run: the task, and what its steps do instead of their own code."""

    task: RunRequest
    plan: StubPlan | None = None


@dataclass(frozen=True)
class Ran:
    """What one side did: with the records of its runs, and by run the folders it `left`, what its stubs were asked
    that nothing answers, and its outcome."""

    side: Side
    left: Left
    unexpected: Sequence[Sequence[Asked]]
    outcomes: Sequence[Outcome]


@dataclass(frozen=True)
class Runs:
    """What both sides did."""

    old: Ran
    new: Ran

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both, with the records of their runs."""
        return self.old.side, self.new.side

    @property
    def first(self) -> Record | None:
        """The first run of the old side, where both sides made all of theirs."""
        return None if any(side.problems or side.record is None for side in self.sides) else self.sides[0].record

    def asked(self, number: int) -> tuple[Sequence[Asked], Sequence[Asked]]:
        """What the stubs of either side were asked in a run that nothing answers."""
        old, new = (ran.unexpected[number] if number < len(ran.unexpected) else () for ran in (self.old, self.new))
        return old, new


@dataclass
class Pair:
    """Both sides, run at the same time. `stop` is the user's; `ending` also what ends a side when the other broke."""

    old: Runner
    new: Runner
    masks: Redactor
    on_event: Callable[[SideName, Event], None] | None
    stop: threading.Event
    folder: Path
    meanwhile: Callable[[], None] | None = None
    """What is to be done anyway and needs nothing of the runs: called once they have begun."""
    ending: threading.Event = field(default_factory=threading.Event)

    def run(self, plays: Sequence[Play], old: Side, new: Side) -> Runs:
        """Every play on both sides. What had ended when this process is interrupted is kept."""
        with ThreadPoolExecutor(2, thread_name_prefix="side") as pool:
            futures = [
                pool.submit(self._side, "old", self.old, plays, old),
                pool.submit(self._side, "new", self.new, plays, new),
            ]
            todo, self.meanwhile = self.meanwhile, None
            waiting = True
            while waiting:
                try:
                    if todo is not None:
                        now, todo = todo, None
                        now()
                    waiting = bool(wait(futures, timeout=_POLL).not_done)
                except KeyboardInterrupt:
                    self.stop.set()
                if self.stop.is_set():
                    self.ending.set()
            old_ran, new_ran = (future.result() for future in futures)
        return Runs(old_ran, new_ran)

    def _side(self, name: SideName, runner: Runner, plays: Sequence[Play], known: Side) -> Ran:
        seen: dict[tuple[object, ...], Seen] = {}

        def listen(event: Event) -> None:
            task, index, state = event["task"], event["index"], event["state"]
            seen[event["job"], task, index] = Seen(task=task, index=index, state=state, attempt=event["attempt"] or 0)
            if self.on_event is not None:
                self.on_event(name, {**event, "task": self.masks.name(task)})

        if isinstance(runner, RecordedSide):
            plays = plays[:1]
        own = Path(mkdtemp(prefix=f"{name}-", dir=self.folder))
        with ExitStack() as stack:
            tasks: list[RunRequest] = []
            left: list[Folders | None] = []
            answering: list[Path | None] = []
            for number, play in enumerate(plays):
                task, mine = with_sandbox(runner, play.task, own, number)
                left.append(mine)
                answering.append(None)
                if play.plan is not None and not isinstance(runner, RecordedSide):
                    env = stack.enter_context(played(play.plan))
                    answering[-1] = Path(env[FOLDER])
                    task = replace(task, pipeline=with_stubs(task.pipeline, play.plan), env={**task.env, **env})
                tasks.append(task)
            outcomes = list(_outcomes(runner, tasks, listen, self.ending))
            varying = of_the_run(plays[0].task.pipeline)
            asked = [[] if one is None else unexpected(one, varying) for one in answering]
        told = [
            one if mine is None or isinstance(one, PipeglotError) else neutral(one, mine)
            for one, mine in zip(outcomes, left, strict=False)
        ]
        records = tuple(one for one in told if isinstance(one, Record))
        broken = next((one for one in told if isinstance(one, PipeglotError)), None)
        side = known.model_copy(
            update={"records": records, "engine_version": records[0].engine_version if records else ""}
        )
        if broken is not None:
            side = side.model_copy(update={"problems": problems_of(broken), "seen": tuple(seen.values())})
            if not seen and not records:
                self.ending.set()  # it could not even begin: nothing that the other does will be compared
        return Ran(side, left, asked, told)


def _outcomes(
    runner: Runner, tasks: Sequence[RunRequest], listen: Listener, stop: threading.Event
) -> Iterator[Outcome]:
    """What became of every task; where a side breaks off, that is why none of the rest could be run."""
    left = len(tasks)
    try:
        for outcome in runner.run(tasks, listen, stop):
            left -= 1
            yield outcome
    except PipeglotError as error:
        yield from [error] * left


def problems_of(error: PipeglotError) -> tuple[str, ...]:
    return tuple(f"{d.code} {d.message}" for d in error.diagnostics)
