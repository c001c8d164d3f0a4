"""Which calls native tasks stand for: by the map file, by names, and by the order in which instances came."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pipeglot.codegen.names import identifier
from pipeglot.core.dataclass import dataclass, field
from pipeglot.core.diagnostic import AuthoringError, Diagnostic
from pipeglot.core.ir import Pipeline
from pipeglot.core.shape import Shape, inline

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_NUMBERED = re.compile(r"(.+?)_{1,2}\d+\Z")
"""What Airflow (`load__1`) and Dagster (`load_2`) make of the name of a task that is used again."""


@dataclass(frozen=True)
class TaskMap:
    """What a map file says.

    Attributes:
        tasks: ids of calls by the names of native tasks; "" for a task that is no call.
        values: places in outputs of calls (`train.$.accuracy`) by what a native task hands on by key (`train.accuracy`).
    """

    tasks: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Match:
    """Which calls the tasks of a run stand for.

    Attributes:
        partner: by task name, the call it stands for. Several stand for the runs of one task, in this order, if there
            are as many of them as runs, else the first for all of them.
        helpers: by task name, the region or the value that leaves one, of tasks that are no calls but called like these.
        tasks_alone: the names of tasks that stand for no call.
        calls_alone: the ids of calls for which no task stands.
        dropped: tasks that stand for nothing by the map file's own word.
    """

    partner: Mapping[str, tuple[str, ...]]
    helpers: Mapping[str, str] = field(default_factory=dict)
    tasks_alone: tuple[str, ...] = ()
    calls_alone: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def read_mapping(file: Path) -> TaskMap:
    """A map file, in TOML: `[tasks]`, native task names and the ids of the calls they stand for, and `[values]`, what
    they hand on by key and the place in the output of a call where it belongs.

    Raises:
        AuthoringError: PG365 when it cannot be read or holds anything else.
    """
    way_out = (
        'write [tasks], and below it lines such as "load_raw" = "ingest", or = "" for a task that is no call; '
        'and [values] with lines such as "train.accuracy" = "train.$.accuracy"'
    )
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AuthoringError([Diagnostic("PG365", "error", f"cannot read {file}: {error}", None, way_out)]) from None
    known = {name: told.pop(name) for name in ("tasks", "values") if name in told}
    tables = all(isinstance(t, dict) and all(isinstance(v, str) for v in t.values()) for t in known.values())
    if told or not known or not tables or not all(_PLACE.fullmatch(text) for text in known.get("values", {}).values()):
        raise AuthoringError([Diagnostic("PG365", "error", f"{file} is not a mapping of tasks", None, way_out)])
    return TaskMap(**known)


_PLACE = re.compile(r"(?P<call>.+)\.\$(?P<path>(?:\.[^.\[\]]+)*)")


def place_of(text: str) -> tuple[str, tuple[str, ...]]:
    """The call and the path in its output that a line of `[values]` speaks of.

    >>> place_of("prep.train.$.scores.auc")
    ('prep.train', ('scores', 'auc'))
    """
    found = _PLACE.fullmatch(text)
    assert found, text
    return found["call"], tuple(filter(None, found["path"].split(".")))


def match(pipeline: Pipeline, tasks: Iterable[str], mapping: TaskMap | None = None) -> Match:
    """Match the names of native tasks with calls: by the map file, else by equal names, else by names that differ only
    in case, `-`, `.` and `_`, by the group and the step of a call, by names that differ in the groups before the last dots,
    else by the name of the step that a call uses.

    Args:
        pipeline: the pipeline; Includes are inlined.
        tasks: the names, each as often as there are instances.
        mapping: the map file.

    Raises:
        AuthoringError: PG365 when the mapping names a call that does not exist.
    """
    told = (mapping or TaskMap()).tasks
    flat = inline(pipeline)
    shape = Shape(flat)
    calls = [*shape.calls, *([flat.final.call] if flat.final else [])]
    steps = {call.id: call.step for call in calls}
    places = [place_of(text)[0] for text in (mapping or TaskMap()).values.values()]
    if unknown := sorted({id for id in (*told.values(), *places) if id and id not in steps}):
        message = f"the mapping names a call that the pipeline does not have: {unknown[0]!r}"
        raise AuthoringError([Diagnostic("PG365", "error", message, None, "its calls: " + ", ".join(steps))])
    tasks = list(tasks)
    found = _Matcher(steps, {call.id for call in shape.calls if shape.loops(call.id)}, Counter(tasks))
    names = list(dict.fromkeys(tasks))
    dropped = tuple(name for name in names if told.get(name) == "")
    names = [name for name in names if name not in dropped]
    for name in names:
        if name in told:
            found.claim(name, told[name])
    grouped = Counter(plain(".".join((*shape.groups[call.id], call.step))) for call in shape.calls)
    for call in shape.calls:
        within = plain(".".join((*shape.groups[call.id], call.step)))
        if shape.groups[call.id] and grouped[within] == 1:
            found.within[within] = call.id
    for level in (found.equal, found.alike, found.grouped, found.inner, found.numbered, found.of_step):
        for name in names:
            if name not in found.partner:
                level(name)
    found.add_siblings()
    claimed = {id for ids in found.partner.values() for id in ids}
    alone = [name for name in names if name not in found.partner]
    known = {plain(id): id for id in (*shape.nodes, *shape.values) if id not in steps}
    helpers = {name: known[plain(name)] for name in alone if plain(name) in known}
    return Match(
        partner=found.partner,
        helpers=helpers,
        tasks_alone=tuple(name for name in alone if name not in helpers),
        calls_alone=tuple(id for id in steps if id not in claimed),
        dropped=dropped,
    )


class _Matcher:
    """Names that find their calls, level by level: what has found its call at one is not asked for at the next."""

    def __init__(self, steps: Mapping[str, str], looped: set[str], counts: Mapping[str, int]) -> None:
        self.steps, self.looped, self.counts = steps, looped, counts
        self.partner: dict[str, tuple[str, ...]] = {}
        self.claimed: set[str] = set()
        self.within: dict[str, str] = {}
        same: dict[str, list[str]] = {}
        for id in steps:
            same.setdefault(plain(id), []).append(id)
        self.plain = {plain: ids[0] for plain, ids in same.items() if len(ids) == 1}

    def claim(self, name: str, *ids: str) -> None:
        self.partner[name] = ids
        self.claimed.update(ids)

    def equal(self, name: str) -> None:
        if name in self.steps:
            self.claim(name, name)

    def alike(self, name: str) -> None:
        if plain(name) in self.plain:
            self.claim(name, self.plain[plain(name)])

    def grouped(self, name: str) -> None:
        """A task in a group stands for the one call of its step that the pipeline has in a group of that name."""
        id = self.within.get(plain(name))
        if id is not None and id not in self.claimed:
            self.claim(name, id)

    def inner(self, name: str) -> None:
        """Of two groups with a task of the same name one alone can stand for a call, unless it is a call in a loop."""
        for rest in _inner(name):
            id = rest if rest in self.steps else self.plain.get(plain(rest))
            if id is not None and (id in self.looped or id not in self.claimed):
                self.claim(name, id)
                return

    def numbered(self, name: str) -> None:
        """Tasks that are made in a loop of the file, where a call is in a loop."""
        for rest in (name, *_inner(name)):
            base = _NUMBERED.match(rest)
            id = self.plain.get(plain(base[1])) if base else None
            if id is not None and id in self.looped:
                self.claim(name, id)
                return

    def of_step(self, name: str) -> None:
        for rest in (name, *_inner(name)):
            base = _NUMBERED.match(rest)
            for text in (rest, *([base[1]] if base else [])):
                ids = [id for id, step in self.steps.items() if plain(step) == plain(text) and id not in self.claimed]
                if ids:
                    self.partner[name] = tuple(ids)  # not claimed: tasks of that name share them
                    return

    def add_siblings(self) -> None:
        """Other calls of its step may be what further runs of a task stand for."""
        claimed = {id for ids in self.partner.values() for id in ids}
        for name, ids in self.partner.items():
            step = self.steps[ids[0]]
            called = {plain(rest) for rest in (name, *_inner(name))}
            if self.counts[name] > 1 and called & {plain(step), plain(ids[0])}:
                others = (id for id in self.steps if self.steps[id] == step and id not in claimed)
                self.partner[name] = (*ids, *others)


def _inner(name: str) -> Iterator[str]:
    """The name without the outermost of the groups that are written before it, and so on."""
    while "." in name:
        name = name.partition(".")[2]
        yield name


def plain(name: str) -> str:
    """What names that mean the same have in common."""
    return identifier(name.replace("-", "_").replace(".", "_"))
