"""How Kubeflow Pipelines is operated."""

from __future__ import annotations

from collections.abc import Iterator

from pipeglot.backends.operation import Action, Deployed, Operation, quoted


def _deploy(it: Deployed) -> Iterator[Action]:
    script = next((name for name in it.files if name.endswith("_deploy.py")), "") if it.compiled else ""
    if script:
        what = "upload it and make its recurring run, which is on from then; it replaces one of the same name"
        yield Action(what, f"python {quoted(script)}")
    else:
        yield Action("upload it", f"kfp pipeline create -p {quoted(it.name)} {quoted(it.entry)}")


def _switch(verb: str, what: str) -> Iterator[Action]:
    yield Action("find the id of its recurring run", "kfp recurring-run list")
    yield Action(what, f"kfp recurring-run {verb} RECURRING_RUN_ID")


def _missed(it: Deployed, again: bool) -> str:
    if it.catches_up:
        since = "in between" if again else "since the start date"
        return f"catch-up is on: it makes a run for every tick {since}, those the other side has done among them"
    if again:
        return "catch-up is off: enabling it runs the latest missed tick, and no earlier one; the other side may have done it"
    return "a new recurring run starts with the next tick: earlier ones stay missed"


OPERATION = Operation(
    at_once=True,
    deploy=_deploy,
    start=lambda it: _switch("enable", "enable it, where it is disabled"),
    stop=lambda it: _switch("disable", "disable it; active runs continue"),
    missed=_missed,
)
