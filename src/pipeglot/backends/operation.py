"""How an engine is operated: what a person does to put a pipeline on it, and to start and to stop its runs."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from pipeglot.core.dataclass import dataclass


@dataclass(frozen=True)
class Deployed:
    """A pipeline on an engine.

    Attributes:
        name: what the engine knows it by.
        entry: the file that holds it.
        files: all its files.
        scheduled: whether it starts by itself, or may, as far as the pipeline or the native code says.
        catches_up: whether missed ticks are to be caught up on.
        started_by: what starts it by itself, in words.
        triggers: what starts it by itself: `schedule` or `sensor`, and its name on the engine.
        compiled: whether pipeglot made the files.
        native: whether it is native code that was read.
    """

    name: str
    entry: str
    files: tuple[str, ...]
    scheduled: bool
    catches_up: bool
    started_by: str
    triggers: tuple[tuple[str, str], ...]
    compiled: bool
    native: bool

    @property
    def all_files(self) -> str:
        """Its files, listed."""
        return ", ".join(self.files)


class Action(NamedTuple):
    """One thing to do; `command` is to be typed, where there is one."""

    what: str
    command: str = ""


Actions: TypeAlias = Callable[[Deployed], Iterator[Action]]


@dataclass(frozen=True)
class Operation:
    """How one engine is handled, in its own commands.

    Attributes:
        at_once: whether a deployment is on duty from the moment it is made, so that what it replaces has to stop before.
        deploy: how files are put on it.
        start: how it is told to start runs.
        stop: how it is told to start no more.
        missed: what starting (again, if so) makes of ticks missed in between.
        ends_first: why active runs have to end before it is stopped; empty where they need not.
    """

    at_once: bool
    deploy: Actions
    start: Actions
    stop: Actions
    missed: Callable[[Deployed, bool], str]
    ends_first: str = ""


def told(*actions: Action) -> Actions:
    """The same actions for every pipeline."""
    return lambda it: iter(actions)


UNKNOWN = Operation(
    at_once=True,
    deploy=told(Action("put the compiled files where the engine reads them")),
    start=told(Action("start its schedule, in the engine's own way")),
    stop=told(Action("stop its schedule, in the engine's own way")),
    missed=lambda it, again: "what the engine makes of ticks missed in between is its own: read that up before",
)
"""That of an engine of which no more is known."""

quoted = shlex.quote
"""A text as one word of a command."""
