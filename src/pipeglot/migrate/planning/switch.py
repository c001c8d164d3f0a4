"""Moving over and back: how each engine is told to start and to stop starting runs (`EngineSpec.operation`).

An engine that says nothing of it (one of a plug-in, say) is spoken of in words that hold for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeglot import engines
from pipeglot.backends.base import Compiled
from pipeglot.backends.operation import UNKNOWN, Action, Deployed, Operation, told
from pipeglot.core.ir import Pipeline
from pipeglot.engines.native import Native
from pipeglot.migrate.planning.model import Move

LOCAL = Operation(
    at_once=True,
    deploy=told(Action("nothing is deployed")),
    start=told(Action("let whatever started `pipeglot run` start it again")),
    stop=told(Action("stop whatever starts `pipeglot run`")),
    missed=lambda it, again: "nothing is made of ticks: it runs when it is told to",
)


def deployed(
    pipeline: Pipeline, name: str, compiled: Compiled | None = None, file: str = "", native: Native | None = None
) -> Deployed:
    """A pipeline on an engine that knows it by `name`. `compiled` is None for native code, which may have other names than
    the compiled files would; `native` is what that declares, where it was read."""
    schedule = pipeline.schedule
    triggers = dict.fromkeys([*(_declared(native) if native else ()), *_triggers(compiled)])
    about = "; ".join(one.about for one in native.schedules) if native else ""
    return Deployed(
        name=name,
        entry=compiled.entry if compiled else file,
        files=tuple(compiled.files) if compiled else (file,),
        scheduled=bool(native.schedules) or "schedules" in native.unknown if native else schedule is not None,
        catches_up=bool(native.catch_up) if native else schedule is not None and schedule.catch_up,
        started_by=about or "whatever is set up for it there",
        triggers=tuple(triggers),
        compiled=compiled is not None,
        native=native is not None,
    )


def _declared(native: Native) -> Iterator[tuple[str, str]]:
    for one in native.schedules:
        yield "sensor" if one.kind == "sensor" else "schedule", one.name


def _triggers(compiled: Compiled | None) -> Iterator[tuple[str, str]]:
    yield from ((kind, name) for name, kind in compiled.triggers.items()) if compiled else ()


def _operation(engine: str) -> Operation:
    if engine == "local":
        return LOCAL
    return next((spec.operation for spec in engines.specs() if spec.target == engine), None) or UNKNOWN


def missed(engine: str, it: Deployed) -> str:
    """What an engine makes of ticks from before it is started for the first time."""
    return _operation(engine).missed(it, False)


def cut_over(old: str, before: Deployed, new: str, after: Deployed) -> list[Move]:
    """What is done, in order, so that the new engine takes over and no tick runs twice."""
    source, target = _operation(old), _operation(new)
    moves = [Move(what="do the manual tasks above, and see that every condition is accepted")]
    stop = _stopped(old, source, before)
    deploy = _at(new, target.deploy(after))
    if not after.scheduled:
        moves += stop if before.scheduled else []
        moves += deploy if target.at_once else [*deploy, *_at(new, target.start(after))]
        who = (
            f"what starts it on {old} by itself ({before.started_by}) starts nothing on {new}: "
            if before.scheduled
            else ""
        )
        moves.append(Move(what=f"{who}it has no schedule: whoever starts it on {old} starts it on {new} from now on"))
    elif target.at_once:
        moves += [*stop, *deploy]
    else:
        moves += [*deploy, *stop, *_at(new, target.start(after))]
    if after.scheduled:
        moves.append(Move(what=f"{new}: {missed(new, after)}"))
    moves.append(Move(what=f"leave what is on {old} in place, stopped, until you no longer want a way back"))
    return moves


def rollback(old: str, before: Deployed, new: str, after: Deployed) -> list[Move]:
    """What is done, in order, so that the old engine takes over again."""
    source, target = _operation(old), _operation(new)
    if not after.scheduled and not before.scheduled:
        return [
            Move(what=f"it has no schedule: whoever starts it on {new} starts it on {old} again; nothing else changes")
        ]
    unknown = (
        ""
        if before.compiled or before.native or source in (LOCAL, UNKNOWN)
        else "if its own code says of catching up what the pipeline says, "
    )
    return [
        *(_stopped(new, target, after) if after.scheduled else ()),
        Move(what=f"note which ticks {new} has done: {old} knows nothing of them"),
        *_at(old, source.start(before)),
        Move(what=f"{old}: {unknown}{source.missed(before, True)}"),
    ]


def _stopped(engine: str, how: Operation, it: Deployed) -> list[Move]:
    """The engine stopped, with no active run."""
    stop = _at(engine, how.stop(it))
    if how.ends_first:
        return [Move(what=f"{engine}: wait until no run is active: {how.ends_first}"), *stop]
    return [*stop, Move(what=f"{engine}: let active runs end")]


def _at(engine: str, actions: Iterator[Action]) -> Sequence[Move]:
    return [Move(what=f"{engine}: {action.what}", command=action.command) for action in actions]
