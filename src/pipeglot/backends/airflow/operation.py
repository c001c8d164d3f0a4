"""How Airflow is operated."""

from __future__ import annotations

from collections.abc import Iterator

from pipeglot.backends.operation import Action, Deployed, Operation, quoted


def _deploy(it: Deployed) -> Iterator[Action]:
    yield Action(f"copy {it.all_files} into the DAG bundle (the DAGs folder), and look for import errors")
    yield Action("they end here", "airflow dags list-import-errors")


def _start(it: Deployed) -> Iterator[Action]:
    what = "unpause the DAG (a new one is paused unless `dags_are_paused_at_creation` is off)"
    yield Action(what, f"airflow dags unpause {quoted(it.name)}")


def _stop(it: Deployed) -> Iterator[Action]:
    yield Action("pause the DAG", f"airflow dags pause {quoted(it.name)}")


def _missed(it: Deployed, again: bool) -> str:
    if it.catches_up:
        return (
            "catch-up is on: unpausing makes a run for every tick since the start date that Airflow has none of, those the"
            " other side has done among them; compile it with a later start date where that must not be"
        )
    return "catch-up is off: unpausing runs the latest missed tick, and no earlier one; the other side may have done it"


OPERATION = Operation(
    False,
    _deploy,
    _start,
    _stop,
    _missed,
    "a paused DAG starts no further task of theirs, and they would go on when it is unpaused",
)
