"""The fuzzer: what its pipelines are made of, and that what diverges becomes small."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from pipeglot.compare.records import compare
from pipeglot.conformance.judge import Trial, reference
from pipeglot.core.check import check
from pipeglot.core.dataclass import replace
from pipeglot.core.features import FEATURES, INSPECTED, features_of
from pipeglot.core.ir import (
    All,
    Any_,
    AnyNode,
    Call,
    Compare,
    Const,
    DictOf,
    Each,
    Group,
    If,
    Include,
    IsIn,
    Item,
    Not,
    Out,
    ParamRef,
    Pipeline,
    Text,
    Value,
    parts,
    walk,
)
from pipeglot.core.shape import Shape, inline, inputs, sources
from tests.conftest import THOROUGH, first
from tests.fuzz import kinds, save, saved, trial
from tests.random_pipelines import Limits, given, numbered
from tests.readable import text
from tests.shrink import Shrunk, nodes, rewrite, shrink

SEEDS = 500


@cache
def pipelines() -> list[tuple[Pipeline, Shape]]:
    made = [numbered(1, number) for number in range(SEEDS)]
    return [(pipeline, Shape(inline(pipeline))) for pipeline in made]


def kinds_around(shape: Shape, id: str) -> tuple[type, ...]:
    """The regions around a node, outermost first, and the node itself."""
    return (*(type(shape.nodes[frame.region]) for frame in shape.frames[id]), type(shape.nodes[id]))


def nested(*wanted: type) -> Callable[[Pipeline, Shape], bool]:
    def holds(_: Pipeline, shape: Shape) -> bool:
        return any(kinds_around(shape, id)[-len(wanted) :] == wanted for id in shape.nodes)

    return holds


def conditions(shape: Shape) -> Iterator[Value]:
    for node in shape.nodes.values():
        if isinstance(node, If):
            yield from (part for arm in node.arms if arm.when is not None for part in parts(arm.when))


def compares(kind: type) -> Callable[[Pipeline, Shape], bool]:
    def holds(_: Pipeline, shape: Shape) -> bool:
        found = [part.right for part in conditions(shape) if isinstance(part, Compare)]
        return any(isinstance(right, Const) and type(right.value) is kind for right in found)

    return holds


def condition_is(kind: type) -> Callable[[Pipeline, Shape], bool]:
    return lambda _, shape: any(isinstance(part, kind) for part in conditions(shape))


def merges(test: Callable[[Shape, If, Value], bool]) -> Callable[[Pipeline, Shape], bool]:
    def holds(_: Pipeline, shape: Shape) -> bool:
        found = [node for node in shape.nodes.values() if isinstance(node, If)]
        return any(test(shape, node, value) for node in found for merged in node.merged for value in merged.values)

    return holds


def calls(test: Callable[[Call], bool]) -> Callable[[Pipeline, Shape], bool]:
    return lambda _, shape: any(test(call) for call in shape.calls)


def loops(test: Callable[[Each], bool]) -> Callable[[Pipeline, Shape], bool]:
    return lambda _, shape: any(test(node) for node in shape.nodes.values() if isinstance(node, Each))


def within(shape: Shape, id: str, region: str) -> bool:
    return any(frame.region == region for frame in shape.frames[id])


def after_across(_: Pipeline, shape: Shape) -> bool:
    """Something comes after a call of a block that does not enclose it."""
    return any(
        ref in shape.nodes and shape.frames[ref] != shape.frames[id][: len(shape.frames[ref])]
        for id, node in shape.nodes.items()
        if not isinstance(node, Group)
        for ref in node.after
    )


def included_in(kind: type) -> Callable[[Pipeline, Shape], bool]:
    def holds(pipeline: Pipeline, _: Shape) -> bool:
        outer = [node for node in walk(pipeline.body) if isinstance(node, kind)]
        return any(isinstance(inner, Include) for node in outer for inner in walk((node,)) if inner is not node)

    return holds


def fails(call: Call) -> bool:
    return call.args.get("fail") == Const(value=True)


SHAPES: dict[str, Callable[[Pipeline, Shape], bool]] = {
    "an If in an If in an Each in an Each": nested(Each, Each, If, If, Call),
    "an Each in an Each in an If in an If": nested(If, If, Each, Each, Call),
    "an If in an Each in an If": nested(If, Each, If, Call),
    "an Each in an If in an Each": nested(Each, If, Each, Call),
    "three loops": nested(Each, Each, Each, Call),
    "three branches": nested(If, If, If, Call),
    "a merge of a merge": merges(
        lambda s, node, v: isinstance(v, Out) and isinstance(s.nodes.get(s.owner.get(v.ref, "")), If)
    ),
    "a merge of something collected": merges(
        lambda s, node, v: isinstance(v, Out) and isinstance(s.nodes.get(s.owner.get(v.ref, "")), Each)
    ),
    "a merge of a constant": merges(lambda s, node, v: isinstance(v, Const)),
    "a merge of a param": merges(lambda s, node, v: isinstance(v, ParamRef)),
    "a merge of an item": merges(lambda s, node, v: isinstance(v, Item)),
    "a merge of a field": merges(lambda s, node, v: isinstance(v, Out) and bool(v.path)),
    "a merge of a value from outside": merges(lambda s, node, v: isinstance(v, Out) and not within(s, v.ref, node.id)),
    "an arm that is empty": lambda _, s: any(
        not arm.body for node in s.nodes.values() if isinstance(node, If) for arm in node.arms
    ),
    "three arms": lambda _, s: any(isinstance(node, If) and len(node.arms) == 3 for node in s.nodes.values()),
    "no unconditional arm": lambda _, s: any(
        isinstance(node, If) and node.arms[-1].when is not None for node in s.nodes.values()
    ),
    "a loop of nothing": loops(lambda node: not node.body),
    "zero items": loops(lambda node: node.items == Const(value=[])),
    "items that are None": loops(lambda node: isinstance(node.items, Const) and None in (node.items.value or ())),
    "items that are lists": loops(lambda node: node.item_type.get("type") == "array"),
    "items of a param": loops(lambda node: isinstance(node.items, ParamRef)),
    "items of the item around": loops(lambda node: isinstance(node.items, Item)),
    "items that were collected": lambda _, s: any(
        isinstance(node, Each) and isinstance(node.items, Out) and node.items.ref in s.owner
        for node in s.nodes.values()
    ),
    "a collected field": loops(
        lambda node: any(isinstance(v, Out) and v.path for o in node.collected for v in sources(o))
    ),
    "a collected item or merge": lambda _, s: any(
        isinstance(node, Each)
        and any(isinstance(v, Out) and v.ref in s.owner for o in node.collected for v in sources(o))
        for node in s.nodes.values()
    ),
    "a bound within a loop": lambda _, s: any(
        isinstance(node, Each) and node.max_parallel and s.loops(id) for id, node in s.nodes.items()
    ),
    "a failure at the top": lambda _, s: any(fails(call) and not s.frames[call.id] for call in s.calls),
    "a failure in a branch": lambda _, s: any(
        fails(call) and s.frames[call.id] and s.frames[call.id][-1].arm is not None for call in s.calls
    ),
    "a failure in a loop": lambda _, s: any(
        fails(call) and s.frames[call.id] and s.frames[call.id][-1].arm is None for call in s.calls
    ),
    "a failure at run time": calls(lambda call: not isinstance(call.args.get("fail", Const(value=0)), Const)),
    "a failure to decide": lambda _, s: any(isinstance(p, Out) and p.path[-2:] == ("d", "k") for p in conditions(s)),
    "retries that help": calls(
        lambda call: call.args.get("failures") == Const(value=1) and call.policy.retry is not None
    ),
    "retries that do not": calls(lambda call: fails(call) and call.policy.retry is not None),
    "a retry in a loop": lambda _, s: any(
        call.step == "flaky" and call.policy.retry is not None and s.loops(call.id) for call in s.calls
    ),
    "a tolerated failure": calls(lambda call: fails(call) and call.policy.on_failure is not None),
    "a tolerated failure after retries": calls(
        lambda call: fails(call) and call.policy.on_failure is not None and call.policy.retry is not None
    ),
    "a Final that fails": lambda p, _: p.final is not None and fails(p.final.call),
    "a Final with retries": lambda p, _: p.final is not None and p.final.call.policy.retry is not None,
    "an Include in a branch": included_in(If),
    "an Include in a loop": included_in(Each),
    "an Include with arguments": lambda p, _: any(isinstance(node, Include) and node.args for node in walk(p.body)),
    "an Include after something": lambda p, _: any(isinstance(node, Include) and node.after for node in walk(p.body)),
    "a group": lambda p, _: any(isinstance(node, Group) for node in walk(p.body)),
    "after a call of another block": after_across,
    "after a merged or collected value": lambda _, s: any(
        ref in s.owner for node in s.nodes.values() if not isinstance(node, Group) for ref in node.after
    ),
    "after a group": lambda p, _: any(
        ref.startswith("group") for node in walk(p.body) if not isinstance(node, Group) for ref in node.after
    ),
    "a region after something": lambda _, s: any(
        isinstance(node, If | Each) and node.after for node in s.nodes.values()
    ),
    "text": calls(lambda call: any(isinstance(p, Text) for arg in call.args.values() for p in parts(arg))),
    "a dict": calls(lambda call: any(isinstance(p, DictOf) for arg in call.args.values() for p in parts(arg))),
    "a condition as a value": calls(
        lambda call: any(isinstance(p, Compare) for p in parts(call.args.get("ins", Const(value=0))))
    ),
    "and": condition_is(All),
    "or": condition_is(Any_),
    "not": condition_is(Not),
    "in": condition_is(IsIn),
    "an int compared": compares(int),
    "a float compared": compares(float),
    "a text compared": compares(str),
    "a bool compared": compares(bool),
    "a bool as a condition": lambda _, s: any(
        isinstance(arm.when, Out) for node in s.nodes.values() if isinstance(node, If) for arm in node.arms
    ),
    "a condition on an item": lambda _, s: any(isinstance(part, Item) for part in conditions(s)),
    "a result made of values": lambda p, _: p.result is not None and not isinstance(p.result, Out),
    "no result": lambda p, _: p.result is None,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_random_pipelines_have_every_shape(shape: str) -> None:
    assert sum(SHAPES[shape](*pair) for pair in pipelines()) >= 2


def test_random_pipelines_use_every_feature_that_a_run_shows() -> None:
    used = Counter(feature for pipeline, _ in pipelines() for feature in features_of(pipeline))
    # A container needs a daemon to run it, secrets an environment that holds them.
    wanted = FEATURES.keys() - INSPECTED - {"container", "secrets"}
    assert {feature for feature in wanted if used[feature] < 3} == set()


def test_some_pipelines_are_run_with_params() -> None:
    assert Counter(tuple(given(1, number)) for number in range(300)).keys() >= {(), ("p",), ("ps",), ("p", "ps")}


def test_numbered_pipelines_are_repeatable_and_their_params_fit() -> None:
    for number in range(30):
        assert numbered(3, number) == numbered(3, number)
        assert reference(trial(3, number, Limits())).state in ("succeeded", "failed")


# ---------------------------------------------------------------- shrinking


def wrong_arm(pipeline: Pipeline) -> Pipeline:
    """What an engine would do that takes, of an If inside an If, the arms in reverse."""
    flat = inline(pipeline)
    inner = {
        node.id for outer in walk(flat.body) if isinstance(outer, If) for arm in outer.arms for node in walk(arm.body)
    }

    def planted(node: AnyNode) -> tuple[AnyNode, ...]:
        if isinstance(node, If) and node.id in inner:
            bodies = reversed([arm.body for arm in node.arms])
            arms = [replace(arm, body=body) for arm, body in zip(node.arms, bodies, strict=True)]
            merged = tuple(replace(m, values=m.values[::-1]) for m in node.merged)
            return (replace(node, arms=tuple(arms), merged=merged),)
        return (node,)

    return rewrite(flat, nodes=planted)


def no_tolerance_in_loops(pipeline: Pipeline) -> Pipeline:
    """What an engine would do that forgets, inside a loop, that a failure is tolerated."""
    flat = inline(pipeline)
    inner = {node.id for loop in walk(flat.body) if isinstance(loop, Each) for node in walk(loop.body)}

    def planted(node: AnyNode) -> tuple[AnyNode, ...]:
        if isinstance(node, Call) and node.id in inner:
            return (replace(node, policy=replace(node.policy, on_failure=None)),)
        return (node,)

    return rewrite(flat, nodes=planted)


class Fake:
    """An engine with a planted bug."""

    def __init__(self, bug: Callable[[Pipeline], Pipeline]) -> None:
        self.bug = bug
        self.batches = 0

    def problems(self, pipeline: Pipeline) -> list[str]:
        expected, had = reference(Trial("", pipeline)), reference(Trial("", self.bug(pipeline)))
        return [str(difference) for difference in compare(expected, had)]

    def fails(self, candidates: Sequence[Pipeline]) -> list[bool]:
        self.batches += 1
        return [bool(self.problems(each)) for each in candidates]

    def diverging(self, limits: Limits) -> Pipeline:
        found = (numbered(2, number, limits) for number in range(1000))
        return next(each for each in found if nodes(each) > 8 and self.problems(each))


@pytest.mark.parametrize(("bug", "least"), first([(no_tolerance_in_loops, 3), (wrong_arm, 4)]))
def test_what_diverges_shrinks_to_a_few_nodes_in_a_few_batches(bug: Callable[[Pipeline], Pipeline], least: int) -> None:
    engine = Fake(bug)
    found = engine.diverging(Limits(calls=10 if THOROUGH else 6, depth=3))
    engine.batches = 0
    shrunk = shrink(found, engine.fails)
    assert shrunk.finished
    assert engine.problems(shrunk.pipeline)
    assert [d for d in check(shrunk.pipeline) if d.severity == "error"] == []
    assert nodes(shrunk.pipeline) <= least
    assert engine.batches == shrunk.batches <= 20


def test_what_never_fails_stays_as_it_is() -> None:
    pipeline = numbered(2, 3, Limits(calls=6, depth=2))
    assert nodes(pipeline) > 8
    assert shrink(pipeline, lambda candidates: [False] * len(candidates)).pipeline == pipeline


def test_shrinking_stops_when_there_were_batches_enough() -> None:
    shrunk: Shrunk = shrink(
        numbered(2, 3, Limits(calls=6, depth=2)), lambda candidates: [True] * len(candidates), batches=1
    )
    assert (shrunk.batches, shrunk.finished) == (1, False)


def test_everything_goes_when_everything_fails() -> None:
    for number in range(2 if THOROUGH else 1):
        shrunk = shrink(numbered(2, number), lambda candidates: [True] * len(candidates))
        assert shrunk.finished
        assert nodes(shrunk.pipeline) == 0
        assert not shrunk.pipeline.params


# ---------------------------------------------------------------- what is kept and said


def test_a_kept_case_is_read_back(tmp_path: Path) -> None:
    case = trial(1, 5, Limits())
    save(case, tmp_path / "x.json")
    again = saved(tmp_path / "x.json")
    assert (again.pipeline, again.params) == (case.pipeline, case.params)


def test_the_readable_text_names_every_node_and_value() -> None:
    for pipeline, _ in pipelines()[:50]:
        told = text(pipeline)
        for node in walk(pipeline.body):
            assert node.id in told
            for value in inputs(node):
                assert all(part.ref in told for part in parts(value) if isinstance(part, Out))


def test_kinds_of_problems_leave_out_where_they_are() -> None:
    problems = ["state a[1]: 'succeeded' -> 'failed'", "EngineError: PG320 airflow died", "result at $.x: 1 -> 2"]
    assert kinds([*problems, "run_state: 'failed' -> 'succeeded'"]) == {
        "state",
        "EngineError: PG320",
        "result",
        "run_state",
    }
