"""How Dagster is operated."""

from __future__ import annotations

from collections.abc import Iterator

from pipeglot.backends.operation import Action, Deployed, Operation, quoted


def _deploy(it: Deployed) -> Iterator[Action]:
    yield Action(
        f"make {it.entry} a code location of the instance (in workspace.yaml, say); what it"
        " has of schedules and sensors is on as soon as the daemon sees it",
        f"dagster definitions validate -f {quoted(it.entry)}",
    )


def _switch(it: Deployed, verb: str, what: str) -> Iterator[Action]:
    if not it.triggers:
        yield Action("see what schedules it has", f"dagster schedule list -f {quoted(it.entry)}")
        yield Action(what, f"dagster schedule {verb} SCHEDULE -f {quoted(it.entry)}")
    for kind, name in it.triggers:
        yield Action(what, f"dagster {kind} {verb} {quoted(name)} -f {quoted(it.entry)}")


def _missed(it: Deployed, again: bool) -> str:
    if it.catches_up:
        return "catch-up is on: its sensor asks for the runs of all ticks since the start that Dagster has no run of"
    return "a schedule makes runs from its next tick on: earlier ones stay missed"


OPERATION = Operation(
    at_once=True,
    deploy=_deploy,
    start=lambda it: _switch(it, "start", "start what makes its runs, where it is stopped"),
    stop=lambda it: _switch(
        it, "stop", "stop what makes its runs; leave sensors for its final call on until it has ended"
    ),
    missed=_missed,
)
