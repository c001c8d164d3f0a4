"""Random valid pipelines with random failures: the inputs of differential testing.

`random_pipeline(rng)` is deterministic in `rng`, so a pipeline is named by a seed and a number, or drawn (and shrunk)
by Hypothesis through `st.randoms()`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from pipeglot.core.dataclass import replace
from pipeglot.core.ir import (
    All,
    Any_,
    AnyNode,
    Arm,
    Call,
    Collected,
    Compare,
    Const,
    Continue,
    Cron,
    Ctx,
    DictOf,
    Each,
    Final,
    Group,
    If,
    Include,
    IsIn,
    Item,
    ListOf,
    Merged,
    Not,
    Out,
    Param,
    ParamRef,
    Pipeline,
    Policy,
    Retry,
    Schedule,
    Text,
    Value,
)
from tests.random_steps import (
    BOOL,
    CODE,
    CONSTANTS,
    FIELDS,
    FLOAT,
    INT,
    MAYBE_INT,
    RES,
    RETURNS,
    STEPS,
    TEXT,
    TOLERATED,
    list_of,
)

__all__ = ["RES", "Limits", "given", "numbered", "random_pipeline"]


@dataclass(frozen=True)
class Known:
    """A value in scope, with its schema."""

    value: Value
    type: dict[str, Any]


@dataclass
class Limits:
    """How large and how deep a pipeline grows, and how often what is hard comes up."""

    calls: int = 10
    depth: int = 3
    failure: float = 0.15
    loops: bool = True


@dataclass
class _Builder:
    rng: random.Random
    limits: Limits
    prefix: str = ""
    """Distinguishes what equal calls of included pipelines are told."""
    calls: int = 0
    regions: int = 0
    ids: list[str] = field(default_factory=list)
    """What a node built now may come after."""
    alike: int = 0
    """How many enclosing loops may have equal items: there, instances would share a count of attempts."""

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    # -- values

    def whole(self, scope: list[Known], schema: dict[str, Any]) -> list[Known]:
        return [known for known in scope if known.type == schema]

    def of_type(self, scope: list[Known], schema: dict[str, Any]) -> list[Value]:
        """The values of a type in scope: whole ones and fields of results."""
        values = [known.value for known in self.whole(scope, schema)]
        fields = [name for name, kind in FIELDS.items() if kind == schema]
        return values + [at(known.value, name) for known in self.whole(scope, RES) for name in fields]

    def argument(self, scope: list[Known]) -> Value:
        """Something that a step may take: what is in scope, whole, by field, or built into text, lists and dicts."""
        picks = self.rng.sample(scope, min(len(scope), self.rng.choice((0, 1, 1, 2, 3))))
        values: list[Value] = []
        for known in picks:
            kind = self.rng.random()
            if known.type == RES and kind < 0.5:
                values.append(at(known.value, self.rng.choice(tuple(FIELDS))))
            elif known.type in (INT, TEXT, FLOAT, BOOL) and kind < 0.2:
                values.append(Text(parts=(Const(value="v="), known.value, Const(value="{x} %s"))))
            elif kind < 0.1:
                values.append(DictOf(items=(("a", known.value), ("b", Const(value=[1, "two", None])))))
            else:
                values.append(known.value)
        if self.chance(0.1):
            odd: Any = self.rng.choice([None, True, 1.5, "it's {{ x }}", [], {"k": [1]}])
            values.append(Const(value=odd))
        if self.chance(0.04):
            values.append(Ctx(name=self.rng.choice(("logical_date", "day"))))
        if self.chance(0.04):
            values.append(self.condition(scope, 1))
        return ListOf(items=tuple(values)) if values else Const(value=self.rng.randrange(5))

    def condition(self, scope: list[Known], depth: int = 0) -> Value:
        kind = self.rng.random()
        if depth < 2 and kind < 0.2:
            both = (self.condition(scope, depth + 1), self.condition(scope, depth + 1))
            return All(operands=both) if self.chance(0.5) else Any_(operands=both)
        if depth < 2 and kind < 0.3:
            return Not(operand=self.condition(scope, depth + 1))
        results = self.whole(scope, RES)
        if results and kind < 0.36:  # the key is there only now and then: a failure to decide
            value = at(at(self.rng.choice(results).value, "d"), "k")
            return Compare(op=">", left=value, right=Const(value=1))
        numbers, texts = self.of_type(scope, INT), self.of_type(scope, TEXT)
        floats, bools = self.of_type(scope, FLOAT), self.of_type(scope, BOOL)
        which = self.rng.random()
        op: Any = self.rng.choice(("==", "!=", "<", "<=", ">", ">="))
        if bools and which < 0.35:
            bool_ = self.rng.choice(bools)
            if self.chance(0.25):
                return Compare(op=self.rng.choice(("==", "!=")), left=bool_, right=Const(value=self.chance(0.5)))
            return bool_
        if texts and which < 0.55:
            text = self.rng.choice(texts)
            if self.chance(0.5):
                return IsIn(value=text, options=("a", "b", "default", "const"))
            return Compare(op=op, left=text, right=Const(value=self.rng.choice(("a", "b", "const"))))
        if floats and which < 0.7:
            return Compare(op=op, left=self.rng.choice(floats), right=Const(value=self.rng.choice((0.5, 1, 1.0, 1.75))))
        left: Value = self.rng.choice(numbers) if numbers else ParamRef(name="p")
        if self.chance(0.2):
            return IsIn(value=left, options=(0, 1.0, 3, 5))
        if len(numbers) > 1 and self.chance(0.3):
            return Compare(op=op, left=left, right=self.rng.choice(numbers))
        return Compare(op=op, left=left, right=Const(value=self.rng.randrange(6)))

    # -- nodes

    def call(self, scope: list[Known]) -> tuple[Call, list[Known]]:
        self.calls += 1
        weights = (16, 0 if self.alike else 4, 2, 1, 1)
        step = self.rng.choices(("work", "flaky", "maybe", "caps", "say"), weights)[0]
        id = f"{step}{self.calls}"
        label = Const(value=self.prefix + id)
        args: dict[str, Value] = {"label": label, "ins": self.argument(scope)}
        policy: dict[str, Any] = {}
        if step == "work" and self.chance(self.limits.failure):
            args["fail"] = self.condition(scope) if self.chance(0.6) else Const(value=True)
        if step == "flaky":
            args["failures"] = Const(value=self.rng.choice((0, 1, 2)))
            items = [k.value for k in scope if isinstance(k.value, Item)]
            args["ins"] = ListOf(items=(*items, args["ins"]))
        if step == "caps":
            args = {"s": Text(parts=(label, Const(value=" is "), args["ins"]))}
        if step == "say":
            args = {"label": label, "x": args["ins"]}
        doomed = args.get("fail") == Const(value=True)
        if self.chance({"flaky": 0.5, "work": 0.25 if doomed else 0.1}.get(step, 0.1)):
            policy["retry"] = Retry(count=self.rng.choice((1, 1, 2)), backoff=self.rng.choice((1.0, 1.0, 1.5, 2.0)))
        if step != "caps" and self.chance(0.4 if doomed else 0.12):
            default = {"maybe": self.rng.choice((None, 2)), "say": "default"}.get(step, TOLERATED)
            policy["on_failure"] = Continue(default=default)
        if self.chance(0.03):
            policy["timeout"] = 3600
        node = Call(id=id, step=step, args=args, after=self.after(), policy=Policy(**policy))
        self.ids.append(id)
        return node, [Known(Out(ref=id), RETURNS[step])]

    def after(self) -> tuple[str, ...]:
        if self.ids and self.chance(0.18):
            return tuple(dict.fromkeys(self.rng.choices(self.ids, k=self.rng.choice((1, 1, 1, 2)))))
        return ()

    def region_id(self, kind: str) -> str:
        self.regions += 1
        return f"{kind}{self.regions}"

    def block(self, scope: list[Known], depth: int, least: int = 1) -> tuple[list[AnyNode], list[Known]]:
        """Nodes, and the values they put into scope."""
        scope = list(scope)
        made: list[Known] = []
        nodes: list[AnyNode] = []
        size = max(least, self.rng.choice((1, 1, 2, 2, 3, 4) if depth else (2, 3, 4, 5, 6)))
        for _ in range(size):
            if self.calls >= self.limits.calls and len(nodes) >= least:
                break
            node, new = self.node(scope, depth)
            nodes.append(node)
            scope += new
            made += new
        return nodes, made

    def node(self, scope: list[Known], depth: int) -> tuple[AnyNode, list[Known]]:
        deep = depth >= self.limits.depth or self.calls >= self.limits.calls
        kind = 0.0 if deep else self.rng.random()
        if kind < 0.58:
            return self.call(scope)
        if kind < 0.77:
            return self.branch(scope, depth)
        if kind < 0.93:
            return self.loop(scope, depth) if self.limits.loops else self.call(scope)
        if kind < 0.97 or self.prefix:
            inner, new = self.block(scope, depth + 1)
            id = self.region_id("group")
            self.ids.append(id)
            return Group(id=id, body=tuple(inner)), new
        return self.include(scope, depth)

    def branch(self, scope: list[Known], depth: int) -> tuple[If, list[Known]]:
        id = self.region_id("if")
        after = self.after()
        count = self.rng.choice((1, 2, 2, 3))
        unconditional = count > 1 and self.chance(0.8)
        known_ids, inside = len(self.ids), []
        arms, values = [], []
        for number in range(count):
            last = unconditional and number == count - 1
            empty = last and self.chance(0.15)
            body, made = ([], []) if empty else self.block(scope, depth + 1)
            inside += self.ids[known_ids:]
            del self.ids[known_ids:]  # a call of another arm can be no predecessor
            arms.append(Arm(when=None if last else self.condition(scope), body=tuple(body)))
            values.append(made)
        merged, new = [], []
        if unconditional:
            for number in range(self.rng.choice((0, 1, 1, 2))):
                schema = self.rng.choices((RES, INT, TEXT, BOOL, list_of(INT)), (6, 2, 1, 1, 2))[0]
                if (new_values := [known for made in values for known in made]) and self.chance(0.25):
                    schema = self.rng.choice(new_values).type
                picks = tuple(self.pick(made, scope, schema) for made in values)
                known = Known(Out(ref=f"{id}_m{number}"), schema)
                merged.append(Merged(id=f"{id}_m{number}", values=picks, type=schema))
                new.append(known)
        self.leave(id, inside, new)
        return If(id=id, arms=tuple(arms), merged=tuple(merged), after=after), new

    def pick(self, made: list[Known], scope: list[Known], schema: dict[str, Any]) -> Value:
        """What an arm gives: something it made, something from outside, or a constant."""
        inner, outer = self.of_type(made, schema), self.of_type(scope, schema)
        whole = self.whole(made, schema)
        if whole and self.chance(0.3):
            return self.rng.choice(whole).value
        if inner and self.chance(0.8):
            return self.rng.choice(inner)
        if outer and self.chance(0.5):
            return self.rng.choice(outer)
        if schema.get("type") == "array":
            return Const(value=[2, 5] if schema["items"] == INT else [])
        return Const(value=CONSTANTS.get(schema.get("type", "")))

    def leave(self, id: str, inside: list[str], values: list[Known]) -> None:
        """What comes later may come after the region, its values, or (which means the region) a call inside it."""
        some = self.rng.sample(inside, min(len(inside), 1))
        self.ids += [id, *some, *(known.value.ref for known in values if isinstance(known.value, Out))]

    def items(self, scope: list[Known]) -> tuple[Value, dict[str, Any]]:
        """A list to loop over, and the type of its items."""
        lists = [(known.value, known.type["items"]) for known in scope if known.type.get("type") == "array"]
        lists += [(at(known.value, "xs"), INT) for known in self.whole(scope, RES)]
        if lists and self.chance(0.65):
            return self.rng.choice(lists)
        if self.chance(0.15):
            holes: Any = self.rng.choice(([None, 1], [2, None, None], [None]))
            return Const(value=holes), MAYBE_INT
        if self.chance(0.1):
            return Const(value=[[1, 2], [], [0]]), list_of(INT)
        return Const(value=self.rng.sample(range(5), self.rng.choice((0, 1, 2, 2, 3)))), INT

    def loop(self, scope: list[Known], depth: int) -> tuple[Each, list[Known]]:
        id = self.region_id("each")
        after = self.after()
        items, item_type = self.items(scope)
        known_ids = len(self.ids)
        alike = not (
            item_type == INT and (isinstance(items, Const) or (isinstance(items, Out) and items.path == ("xs",)))
        )
        self.alike += alike
        empty = self.chance(0.04)
        body, made = ([], []) if empty else self.block([*scope, Known(Item(loop=id), item_type)], depth + 1)
        self.alike -= alike
        collected, new = [], []
        for number in range(self.rng.choice((0, 1, 1, 2)) if made else 0):
            known = self.rng.choice(made)
            value, schema = known.value, known.type
            if schema == RES and self.chance(0.4):
                name = self.rng.choice(tuple(FIELDS))
                value, schema = at(value, name), FIELDS[name]
            name = f"{id}_c{number}"
            collected.append(Collected(id=name, value=value, type=list_of(schema)))
            new.append(Known(Out(ref=name), list_of(schema)))
        inside = self.ids[known_ids:]
        del self.ids[known_ids:]
        self.leave(id, inside, new)
        each = Each(
            id=id,
            items=items,
            item_type=item_type,
            body=tuple(body),
            collected=tuple(collected),
            max_parallel=self.rng.choice((None, None, None, 1, 2)),
            after=after,
        )
        return each, new

    def include(self, scope: list[Known], depth: int) -> tuple[Include, list[Known]]:
        """A small pipeline, its params bound to what is in scope or left at their defaults."""
        id = self.region_id("inc")
        after = self.after()
        limits = Limits(calls=3, depth=min(2, self.limits.depth - depth), failure=self.limits.failure)
        inner = _Builder(self.rng, limits, prefix=f"{self.prefix}{id}.", alike=1)
        sub = inner.pipeline(f"inner_{id}")
        self.calls += inner.calls
        args: dict[str, Value] = {}
        for name, schema in (("p", INT), ("ps", list_of(INT))):
            fitting = self.of_type(scope, schema)
            if fitting and self.chance(0.6):
                args[name] = self.rng.choice(fitting)
        self.ids.append(id)
        new = [Known(Out(ref=id), RES)] if sub.result is not None else []
        return Include(id=id, pipeline=sub, args=args, after=after), new

    # -- the whole

    def result(self, made: list[Known]) -> Value | None:
        results = self.whole(made, RES)
        kind = self.rng.random()
        if results and (kind < 0.6 or self.prefix):
            return results[-1].value
        if made and kind < 0.9 and not self.prefix:
            known = self.rng.choice(made)
            shapes: tuple[Value, ...] = (
                known.value,
                ListOf(items=(known.value, ParamRef(name="p"))),
                DictOf(items=(("x", known.value), ("y", Const(value="z")))),
                Text(parts=(Const(value="p is "), ParamRef(name="p"))),
            )
            return self.rng.choice(shapes)
        return None

    def final(self) -> Final | None:
        if self.prefix or self.chance(0.7):
            return None
        args: dict[str, Value] = {"label": Const(value="final"), "ins": ListOf(items=(Ctx(name="state"),))}
        policy = Policy()
        step = "work"
        if self.chance(0.3):
            args["fail"] = Const(value=True)
        elif self.chance(0.2):
            step, args["failures"] = "flaky", Const(value=1)
            policy = Policy(retry=Retry(count=1))
        elif self.chance(0.3):
            args["ins"] = ListOf(items=(Ctx(name="state"), ParamRef(name="p"), Ctx(name="logical_date")))
        return Final(call=Call(id="final", step=step, args=args, policy=policy))

    def pipeline(self, name: str) -> Pipeline:
        params = (
            Param(name="p", type=INT, default=self.rng.randrange(4)),
            Param(name="ps", type=list_of(INT), default=self.rng.sample(range(4), self.rng.randrange(4))),
        )
        scope = [Known(ParamRef(name="p"), INT), Known(ParamRef(name="ps"), list_of(INT))]
        body, made = self.block(scope, 0, least=1 if self.prefix else 2)
        timing = Cron(expression="0 6 * * *", timezone="America/New_York")
        scheduled = not self.prefix and self.chance(0.06)
        return Pipeline(
            name=name,
            params=params,
            code=CODE,
            steps=STEPS,
            body=tuple(body),
            result=self.result(made),
            final=self.final(),
            schedule=Schedule(timing=timing) if scheduled else None,
        )


def at(value: Value, key: str | int) -> Value:
    """A field of a reference."""
    assert isinstance(value, Out | Item | ParamRef)
    return replace(value, path=(*value.path, key))


def random_pipeline(rng: random.Random, name: str = "random", limits: Limits | None = None) -> Pipeline:
    """A valid pipeline: the same for the same state of `rng`."""
    return _Builder(rng, limits or Limits()).pipeline(name)


def numbered(seed: int, number: int, limits: Limits | None = None) -> Pipeline:
    """Pipeline `number` of a seed; a sixth of them are larger and deeper than `limits`."""
    limits = limits or Limits()
    if number % 6 == 5:
        limits = Limits(calls=limits.calls * 3 // 2, depth=limits.depth + 2, failure=limits.failure, loops=limits.loops)
    return random_pipeline(random.Random(f"{seed}/{number}"), f"random_{seed}_{number}", limits)


def given(seed: int, number: int) -> dict[str, Any]:
    """The params that pipeline `number` of a seed is run with: none, for two in three."""
    rng = random.Random(f"{seed}/{number}/params")
    if rng.random() < 0.66:
        return {}
    values = {"p": rng.randrange(8), "ps": [rng.randrange(4) for _ in range(rng.randrange(4))]}
    return {name: value for name, value in values.items() if rng.random() < 0.7}
