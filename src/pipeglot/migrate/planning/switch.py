"""Moving over and back: how each engine is told to start and to stop starting runs, in its own commands.

An engine that is not in the table (one of a plug-in) is spoken of in words that hold for all.
"""

from __future__ import annotations

import ast
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pipeglot.backends.base import Compiled
from pipeglot.core.ir import Pipeline
from pipeglot.engines.native import Native
from pipeglot.migrate.planning.model import Move


@dataclass(frozen=True)
class Deployed:
    """A pipeline on an engine: `name` is what the engine knows it by. `compiled` is None for native code, which may
    have other names than the compiled files would; `native` is what that declares, where it was read."""

    pipeline: Pipeline
    name: str
    compiled: Compiled | None = None
    file: str = ""
    native: Native | None = None

    @property
    def scheduled(self) -> bool:
        """Whether it starts by itself, or may, as far as the pipeline or the native code says."""
        if self.native is not None:
            return bool(self.native.schedules) or "schedules" in self.native.unknown
        return self.pipeline.schedule is not None

    @property
    def started_by(self) -> str:
        """What starts it by itself, in words."""
        told = [one.about for one in self.native.schedules] if self.native is not None else []
        return "; ".join(told) or "whatever is set up for it there"

    @property
    def catches_up(self) -> bool:
        """Whether missed ticks are to be caught up on."""
        if self.native is not None:
            return bool(self.native.catch_up)
        return self.pipeline.schedule is not None and self.pipeline.schedule.catch_up

    @property
    def entry(self) -> str:
        """The file that holds it."""
        return self.compiled.entry if self.compiled else self.file


Moves = Callable[[Deployed], Iterator[Move]]


@dataclass(frozen=True)
class Engine:
    """How one engine is handled. `at_once`: a deployment is on duty from the moment it is made, so that the old side has
    to stop before. `missed` says what starting again makes of ticks missed in between."""

    at_once: bool
    deploy: Moves
    start: Moves
    stop: Moves
    missed: Callable[[Deployed, bool], str]
    ends_first: str = ""


def _q(text: str) -> str:
    return shlex.quote(text)


def _files(deployed: Deployed) -> str:
    return ", ".join(deployed.compiled.files) if deployed.compiled else deployed.file


# ---------------------------------------------------------------- Airflow


def _airflow_deploy(it: Deployed) -> Iterator[Move]:
    yield Move(what=f"copy {_files(it)} into the DAG bundle (the DAGs folder), and look for import errors")
    yield Move(what="they end here", command="airflow dags list-import-errors")


def _airflow_start(it: Deployed) -> Iterator[Move]:
    yield Move(
        what="unpause the DAG (a new one is paused unless `dags_are_paused_at_creation` is off)",
        command=f"airflow dags unpause {_q(it.name)}",
    )


def _airflow_stop(it: Deployed) -> Iterator[Move]:
    yield Move(what="pause the DAG", command=f"airflow dags pause {_q(it.name)}")


def _airflow_missed(it: Deployed, again: bool) -> str:
    if it.catches_up:
        return (
            "catch-up is on: unpausing makes a run for every tick since the start date that Airflow has none of, those the"
            " other side has done among them; compile it with a later start date where that must not be"
        )
    return "catch-up is off: unpausing runs the latest missed tick, and no earlier one; the other side may have done it"


# ---------------------------------------------------------------- Prefect


def _prefect_full(it: Deployed) -> str:
    named = [one.name for one in it.native.schedules if one.name] if it.native is not None else [it.name]
    return _q(f"{it.name}/{named[0]}") if named else f"{_q(it.name)}/DEPLOYMENT"


def _prefect_deploy(it: Deployed) -> Iterator[Move]:
    yield Move(what="have a work pool and a worker for it; prefect.yaml names the pool", command="prefect work-pool ls")
    yield Move(
        what="deploy, in the folder of the files; its schedule is on from then",
        command="prefect --no-prompt deploy --all",
    )


def _prefect_start(it: Deployed) -> Iterator[Move]:
    yield from _prefect_schedule(it, "resume", "turn its schedule on, where it is off")


def _prefect_stop(it: Deployed) -> Iterator[Move]:
    yield from _prefect_schedule(it, "pause", "pause its schedule; runs that it has planned are taken back")


def _prefect_schedule(it: Deployed, verb: str, what: str) -> Iterator[Move]:
    yield Move(what="find the id of its schedule", command=f"prefect deployment schedule ls {_prefect_full(it)}")
    yield Move(what=what, command=f"prefect deployment schedule {verb} {_prefect_full(it)} SCHEDULE_ID")


def _prefect_missed(it: Deployed, again: bool) -> str:
    return "Prefect plans future runs only: earlier ticks stay missed"


# ---------------------------------------------------------------- Dagster


def _dagster_names(it: Deployed) -> Iterator[tuple[str, str]]:
    """What its definitions start runs with by themselves: (schedule or sensor, name), as the compiled file says."""
    if it.native is not None:
        for one in it.native.schedules:
            yield "sensor" if one.kind == "sensor" else "schedule", one.name
    if it.compiled is None:
        return
    try:
        tree = ast.parse(it.compiled.files.get(it.entry, ""))
    except SyntaxError:
        return
    told: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                made = ast.unparse(decorator.func) if isinstance(decorator, ast.Call) else ast.unparse(decorator)
                told[node.name] = made
    for name, made in told.items():
        if made == "dg.schedule":
            yield "schedule", name
        elif made == "dg.sensor":
            yield "sensor", name


def _dagster_deploy(it: Deployed) -> Iterator[Move]:
    yield Move(
        what=f"make {it.entry} a code location of the instance (in workspace.yaml, say); what it"
        " has of schedules and sensors is on as soon as the daemon sees it",
        command=f"dagster definitions validate -f {_q(it.entry)}",
    )


def _dagster_switch(it: Deployed, verb: str, what: str) -> Iterator[Move]:
    names = list(dict.fromkeys(_dagster_names(it)))
    if not names:
        yield Move(what="see what schedules it has", command=f"dagster schedule list -f {_q(it.entry)}")
        yield Move(what=what, command=f"dagster schedule {verb} SCHEDULE -f {_q(it.entry)}")
    for kind, name in names:
        yield Move(what=what, command=f"dagster {kind} {verb} {_q(name)} -f {_q(it.entry)}")


def _dagster_start(it: Deployed) -> Iterator[Move]:
    yield from _dagster_switch(it, "start", "start what makes its runs, where it is stopped")


def _dagster_stop(it: Deployed) -> Iterator[Move]:
    yield from _dagster_switch(
        it, "stop", "stop what makes its runs; leave sensors for its final call on until it has ended"
    )


def _dagster_missed(it: Deployed, again: bool) -> str:
    if it.catches_up:
        return "catch-up is on: its sensor asks for the runs of all ticks since the start that Dagster has no run of"
    return "a schedule makes runs from its next tick on: earlier ones stay missed"


# ---------------------------------------------------------------- Kubeflow Pipelines


def _kfp_deploy(it: Deployed) -> Iterator[Move]:
    script = next((name for name in it.compiled.files if name.endswith("_deploy.py")), "") if it.compiled else ""
    if script:
        yield Move(
            what="upload it and make its recurring run, which is on from then; it replaces one of the same name",
            command=f"python {_q(script)}",
        )
    else:
        yield Move(what="upload it", command=f"kfp pipeline create -p {_q(it.name)} {_q(it.entry)}")


def _kfp_switch(it: Deployed, verb: str, what: str) -> Iterator[Move]:
    yield Move(what="find the id of its recurring run", command="kfp recurring-run list")
    yield Move(what=what, command=f"kfp recurring-run {verb} RECURRING_RUN_ID")


def _kfp_start(it: Deployed) -> Iterator[Move]:
    yield from _kfp_switch(it, "enable", "enable it, where it is disabled")


def _kfp_stop(it: Deployed) -> Iterator[Move]:
    yield from _kfp_switch(it, "disable", "disable it; active runs continue")


def _kfp_missed(it: Deployed, again: bool) -> str:
    if it.catches_up:
        since = "in between" if again else "since the start date"
        return f"catch-up is on: it makes a run for every tick {since}, those the other side has done among them"
    if again:
        return "catch-up is off: enabling it runs the latest missed tick, and no earlier one; the other side may have done it"
    return "a new recurring run starts with the next tick: earlier ones stay missed"


# ---------------------------------------------------------------- any other


def _other(what: str) -> Moves:
    def moves(it: Deployed) -> Iterator[Move]:
        yield Move(what=what)

    return moves


_ANY = Engine(
    at_once=True,
    deploy=_other("put the compiled files where the engine reads them"),
    start=_other("start its schedule, in the engine's own way"),
    stop=_other("stop its schedule, in the engine's own way"),
    missed=lambda it, again: "what the engine makes of ticks missed in between is its own: read that up before",
)

ENGINES: dict[str, Engine] = {
    "local": Engine(
        True,
        _other("nothing is deployed"),
        _other("let whatever started `pipeglot run` start it again"),
        _other("stop whatever starts `pipeglot run`"),
        lambda it, again: "nothing is made of ticks: it runs when it is told to",
    ),
    "airflow": Engine(
        False,
        _airflow_deploy,
        _airflow_start,
        _airflow_stop,
        _airflow_missed,
        "a paused DAG starts no further task of theirs, and they would go on when it is unpaused",
    ),
    "prefect": Engine(True, _prefect_deploy, _prefect_start, _prefect_stop, _prefect_missed),
    "dagster": Engine(True, _dagster_deploy, _dagster_start, _dagster_stop, _dagster_missed),
    "kfp": Engine(True, _kfp_deploy, _kfp_start, _kfp_stop, _kfp_missed),
}


def missed(engine: str, it: Deployed) -> str:
    """What an engine makes of ticks from before it is started for the first time."""
    return ENGINES.get(engine, _ANY).missed(it, False)


def cut_over(old: str, before: Deployed, new: str, after: Deployed) -> list[Move]:
    """What is done, in order, so that the new engine takes over and no tick runs twice."""
    source, target = ENGINES.get(old, _ANY), ENGINES.get(new, _ANY)
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
    source, target = ENGINES.get(old, _ANY), ENGINES.get(new, _ANY)
    if not after.scheduled and not before.scheduled:
        return [
            Move(what=f"it has no schedule: whoever starts it on {new} starts it on {old} again; nothing else changes")
        ]
    unknown = (
        ""
        if before.compiled or before.native or old not in ENGINES or old == "local"
        else "if its own code says of catching up what the pipeline says, "
    )
    return [
        *(_stopped(new, target, after) if after.scheduled else ()),
        Move(what=f"note which ticks {new} has done: {old} knows nothing of them"),
        *_at(old, source.start(before)),
        Move(what=f"{old}: {unknown}{source.missed(before, True)}"),
    ]


def _stopped(engine: str, how: Engine, it: Deployed) -> list[Move]:
    """The engine stopped, with no active run."""
    stop = _at(engine, how.stop(it))
    if how.ends_first:
        return [Move(what=f"{engine}: wait until no run is active: {how.ends_first}"), *stop]
    return [*stop, Move(what=f"{engine}: let active runs end")]


def _at(engine: str, moves: Iterator[Move]) -> Sequence[Move]:
    return [move.model_copy(update={"what": f"{engine}: {move.what}"}) for move in moves]
