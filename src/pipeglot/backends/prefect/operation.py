"""How Prefect is operated."""

from __future__ import annotations

from collections.abc import Iterator

from pipeglot.backends.operation import Action, Deployed, Operation, quoted, told


def _deployment(it: Deployed) -> str:
    named = [name for _, name in it.triggers if name] if it.native else [it.name]
    return quoted(f"{it.name}/{named[0]}") if named else f"{quoted(it.name)}/DEPLOYMENT"


def _schedule(it: Deployed, verb: str, what: str) -> Iterator[Action]:
    yield Action("find the id of its schedule", f"prefect deployment schedule ls {_deployment(it)}")
    yield Action(what, f"prefect deployment schedule {verb} {_deployment(it)} SCHEDULE_ID")


OPERATION = Operation(
    at_once=True,
    deploy=told(
        Action("have a work pool and a worker for it; prefect.yaml names the pool", "prefect work-pool ls"),
        Action("deploy, in the folder of the files; its schedule is on from then", "prefect --no-prompt deploy --all"),
    ),
    start=lambda it: _schedule(it, "resume", "turn its schedule on, where it is off"),
    stop=lambda it: _schedule(it, "pause", "pause its schedule; runs that it has planned are taken back"),
    missed=lambda it, again: "Prefect plans future runs only: earlier ticks stay missed",
)
