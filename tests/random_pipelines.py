"""Random valid pipelines with random failures: the inputs of differential testing.

`random_pipeline(rng)` is deterministic in `rng`, so a pipeline is named by a seed and a number, or drawn (and shrunk)
by Hypothesis through `st.randoms()`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from pipeglot.core.ir import (
    All,
    Any_,
    AnyNode,
    Arm,
    Call,
    Chunk,
    Collected,
    Compare,
    Const,
    Continue,
    Ctx,
    DictOf,
    Each,
    Final,
    Group,
    If,
    Include,
    Inlined,
    IsIn,
    Item,
    ListOf,
    Merged,
    Not,
    Out,
    Param,
    Parameter,
    ParamRef,
    Pipeline,
    Policy,
    Retry,
    Step,
    Text,
    Value,
)

SOURCE = """
@dataclass
class Res:
    n: int
    ok: bool
    xs: list[int]
    s: str
    d: dict[str, int]
""".strip()

WORK = '''
def work(label: str, ins: Any, fail: bool = False) -> Res:
    """A result that depends on nothing but the arguments."""
    if fail:
        raise ValueError(f"{label} was told to fail")
    digest = hashlib.sha256(json.dumps([label, ins], sort_keys=True).encode()).digest()
    n = digest[0] % 7
    d = {"k": n} if digest[1] % 3 else {}
    return Res(n=n, ok=digest[2] % 2 == 0, xs=list(range(digest[3] % 4)), s="abc"[n % 3], d=d)
'''.strip()

FLAKY = '''
def flaky(label: str, ins: Any, failures: int) -> Res:
    """Fails its first `failures` attempts, counted in a folder that outlives an attempt."""
    key = hashlib.sha256(json.dumps([label, ins], sort_keys=True).encode()).hexdigest()
    counter = Path(os.environ["PIPEGLOT_TEST_STATE"], key)
    count = int(counter.read_text()) if counter.exists() else 0
    counter.write_text(str(count + 1))
    if count < failures:
        raise RuntimeError(f"{label}: attempt {count + 1} of {failures} that fail")
    return work(label, ins)
'''.strip()

MAYBE = '''
def maybe(label: str, ins: Any) -> Optional[int]:
    """An int, or now and then None."""
    digest = hashlib.sha256(json.dumps([label, ins], sort_keys=True).encode()).digest()
    return None if digest[0] % 3 == 0 else digest[0] % 5
'''.strip()

CODE = (
    Chunk(kind="import", names=("annotations",), text="from __future__ import annotations"),
    *(Chunk(kind="import", names=(name,), text=f"import {name}") for name in ("hashlib", "json", "os")),
    Chunk(kind="import", names=("dataclass",), text="from dataclasses import dataclass"),
    Chunk(kind="import", names=("Path",), text="from pathlib import Path"),
    Chunk(kind="import", names=("Any",), text="from typing import Any"),
    Chunk(kind="import", names=("Optional",), text="from typing import Optional"),
    Chunk(kind="class", names=("Res",), text=SOURCE),
    Chunk(kind="function", names=("work",), text=WORK),
    Chunk(kind="function", names=("flaky",), text=FLAKY),
    Chunk(kind="function", names=("maybe",), text=MAYBE),
)

INT: dict[str, Any] = {"type": "integer"}
RES: dict[str, Any] = {
    "type": "object",
    "title": "Res",
    "properties": {
        "n": INT,
        "ok": {"type": "boolean"},
        "xs": {"type": "array", "items": INT},
        "s": {"type": "string"},
        "d": {"type": "object", "additionalProperties": INT},
    },
    "required": ["n", "ok", "xs", "s", "d"],
}
MAYBE_INT: dict[str, Any] = {"anyOf": [INT, {"type": "null"}]}
TEXT: dict[str, Any] = {"type": "string"}

STEPS = (
    Step(
        name="work",
        run=Inlined(name="work"),
        parameters=(
            Parameter(name="label", type=TEXT),
            Parameter(name="ins"),
            Parameter(name="fail", type={"type": "boolean"}, has_default=True),
        ),
        returns=RES,
    ),
    Step(
        name="flaky",
        run=Inlined(name="flaky"),
        parameters=(Parameter(name="label", type=TEXT), Parameter(name="ins"), Parameter(name="failures", type=INT)),
        returns=RES,
    ),
    Step(
        name="maybe",
        run=Inlined(name="maybe"),
        parameters=(Parameter(name="label", type=TEXT), Parameter(name="ins")),
        returns=MAYBE_INT,
    ),
)

TOLERATED: Any = {"n": -1, "ok": True, "xs": [4], "s": "default", "d": {}}


def list_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


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
    calls: int = 0
    regions: int = 0
    ids: list[str] = field(default_factory=list)
    alike: int = 0
    """How many enclosing loops may have equal items: there, instances would share a count of attempts."""

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    # -- values

    def whole(self, scope: list[Known], schema: dict[str, Any]) -> list[Known]:
        return [known for known in scope if known.type == schema]

    def argument(self, scope: list[Known]) -> Value:
        """Something that a step may take: what is in scope, whole, by field, or built into text, lists and dicts."""
        picks = self.rng.sample(scope, min(len(scope), self.rng.choice((0, 1, 1, 2, 3))))
        values: list[Value] = []
        for known in picks:
            kind = self.rng.random()
            if known.type == RES and kind < 0.5:
                values.append(at(known.value, self.rng.choice(("n", "ok", "xs", "s"))))
            elif known.type in (INT, TEXT) and kind < 0.2:
                values.append(Text(parts=(Const(value="v="), known.value, Const(value="{x} %s"))))
            elif kind < 0.1:
                values.append(DictOf(items=(("a", known.value), ("b", Const(value=[1, "two", None])))))
            else:
                values.append(known.value)
        if self.chance(0.1):
            odd: Any = self.rng.choice([None, True, 1.5, "it's {{ x }}", [], {"k": [1]}])
            values.append(Const(value=odd))
        return ListOf(items=tuple(values)) if values else Const(value=self.rng.randrange(5))

    def condition(self, scope: list[Known], depth: int = 0) -> Value:
        results, ints = self.whole(scope, RES), self.whole(scope, INT)
        kind = self.rng.random()
        if depth < 2 and kind < 0.2:
            both = (self.condition(scope, depth + 1), self.condition(scope, depth + 1))
            return All(operands=both) if self.chance(0.5) else Any_(operands=both)
        if depth < 2 and kind < 0.3:
            return Not(operand=self.condition(scope, depth + 1))
        if results and kind < 0.8:
            value = self.rng.choice(results).value
            which = self.rng.random()
            if which < 0.4:
                return at(value, "ok")
            if which < 0.5:
                return IsIn(value=at(value, "s"), options=("a", "b", "default"))
            if which < 0.56:  # the key is there only now and then: a failure to decide
                return Compare(op=">", left=at(at(value, "d"), "k"), right=Const(value=1))
            op: Any = self.rng.choice(("==", "!=", "<", "<=", ">", ">="))
            return Compare(op=op, left=at(value, "n"), right=Const(value=self.rng.randrange(7)))
        left = self.rng.choice(ints).value if ints else ParamRef(name="p")
        op = self.rng.choice(("==", "!=", "<", ">="))
        return Compare(op=op, left=left, right=Const(value=self.rng.randrange(4)))

    # -- nodes

    def call(self, scope: list[Known], inside: str | None) -> tuple[Call, Known]:
        self.calls += 1
        step = self.rng.choices(("work", "flaky", "maybe"), (8, 0 if self.alike else 2, 1))[0]
        id = f"{step}{self.calls}"
        args: dict[str, Value] = {"label": Const(value=id), "ins": self.argument(scope)}
        policy: dict[str, Any] = {}
        if step == "work" and self.chance(self.limits.failure):
            args["fail"] = self.condition(scope) if self.chance(0.6) else Const(value=True)
        if step == "flaky":
            args["failures"] = Const(value=self.rng.choice((0, 1, 2)))
            items = [k.value for k in scope if isinstance(k.value, Item)]
            args["ins"] = ListOf(items=(*items, args["ins"]))
        if self.chance(0.5 if step == "flaky" else 0.1):
            policy["retry"] = Retry(count=self.rng.choice((1, 1, 2)))
        if step != "maybe" and self.chance(0.12):
            policy["on_failure"] = Continue(default=TOLERATED)
        after = self.after()
        node = Call(id=id, step=step, args=args, after=after, policy=Policy(**policy))
        self.ids.append(id)
        return node, Known(Out(ref=id), MAYBE_INT if step == "maybe" else RES)

    def after(self) -> tuple[str, ...]:
        if self.ids and self.chance(0.15):
            return (self.rng.choice(self.ids),)
        return ()

    def region_id(self, kind: str) -> str:
        self.regions += 1
        return f"{kind}{self.regions}"

    def block(
        self, scope: list[Known], depth: int, inside: str | None, least: int = 1
    ) -> tuple[list[AnyNode], list[Known]]:
        """Nodes, and the values they put into scope."""
        scope = list(scope)
        made: list[Known] = []
        nodes: list[AnyNode] = []
        size = max(least, self.rng.choice((1, 1, 2, 2, 3, 4) if depth else (2, 3, 4, 5, 6)))
        for _ in range(size):
            if self.calls >= self.limits.calls:
                if len(nodes) >= least:
                    break
                node, known = self.call(scope, inside)
                nodes.append(node)
                new = [known]
            else:
                kind = self.rng.random() if depth < self.limits.depth else 0.0
                if kind < 0.62:
                    node, known = self.call(scope, inside)
                    nodes.append(node)
                    new = [known]
                elif kind < 0.80:
                    region, new = self.branch(scope, depth)
                    nodes.append(region)
                elif kind < 0.95 and self.limits.loops:
                    loop, new = self.loop(scope, depth)
                    nodes.append(loop)
                else:
                    inner, new = self.block(scope, depth + 1, inside)
                    group = self.region_id("group")
                    nodes.append(Group(id=group, body=tuple(inner)))
            scope += new
            made += new
        return nodes, made

    def branch(self, scope: list[Known], depth: int) -> tuple[If, list[Known]]:
        id = self.region_id("if")
        after = self.after()
        count = self.rng.choice((1, 2, 2, 3))
        unconditional = count > 1 and self.chance(0.8)
        known_ids = len(self.ids)
        arms, values = [], []
        for number in range(count):
            last = unconditional and number == count - 1
            empty = last and self.chance(0.15)
            body, made = ([], []) if empty else self.block(scope, depth + 1, id)
            del self.ids[known_ids:]  # a call of another arm can be no predecessor
            arms.append(Arm(when=None if last else self.condition(scope), body=tuple(body)))
            values.append(made)
        merged, new = [], []
        if unconditional:
            for number in range(self.rng.choice((0, 1, 1, 2))):
                picks: list[Value] = []
                for made in values:
                    results = self.whole(made, RES)
                    outside = self.whole(scope, RES)
                    if results and self.chance(0.8):
                        picks.append(self.rng.choice(results).value)
                    elif outside and self.chance(0.5):
                        picks.append(self.rng.choice(outside).value)
                    else:
                        picks.append(Const(value=TOLERATED))
                name = f"{id}_m{number}"
                merged.append(Merged(id=name, values=tuple(picks), type=RES))
                new.append(Known(Out(ref=name), RES))
        del self.ids[known_ids:]  # from outside they all mean the If
        self.ids.append(id)
        return If(id=id, arms=tuple(arms), merged=tuple(merged), after=after), new

    def loop(self, scope: list[Known], depth: int) -> tuple[Each, list[Known]]:
        id = self.region_id("each")
        after = self.after()
        lists = [(k, k.type["items"]) for k in scope if k.type.get("type") == "array"]
        lists += [(Known(at(k.value, "xs"), list_of(INT)), INT) for k in self.whole(scope, RES)]
        if lists and self.chance(0.65):
            source, item_type = self.rng.choice(lists)
            items = source.value
        elif self.chance(0.3):
            items, item_type = ParamRef(name="ps"), INT
        else:
            items, item_type = Const(value=self.rng.sample(range(5), self.rng.choice((0, 1, 2, 2, 3)))), INT
        known_ids = len(self.ids)
        alike = isinstance(items, Out) and items.path != ("xs",)
        self.alike += alike
        body, made = self.block([*scope, Known(Item(loop=id), item_type)], depth + 1, id)
        self.alike -= alike
        collected, new = [], []
        for number in range(self.rng.choice((0, 1, 1, 2))):
            if not made:
                break
            known = self.rng.choice(made)
            value, schema = known.value, known.type
            if schema == RES and self.chance(0.3):
                value, schema = at(value, "n"), INT
            name = f"{id}_c{number}"
            collected.append(Collected(id=name, value=value, type=list_of(schema)))
            new.append(Known(Out(ref=name), list_of(schema)))
        del self.ids[known_ids:]
        self.ids.append(id)
        bound = self.rng.choice((None, None, None, 1, 2))
        each = Each(
            id=id,
            items=items,
            item_type=item_type,
            body=tuple(body),
            collected=tuple(collected),
            max_parallel=bound,
            after=after,
        )
        return each, new

    def pipeline(self, name: str, *, include: bool = True) -> Pipeline:
        params = (
            Param(name="p", type=INT, default=self.rng.randrange(4)),
            Param(name="ps", type=list_of(INT), default=self.rng.sample(range(4), self.rng.randrange(4))),
        )
        scope = [Known(ParamRef(name="p"), INT), Known(ParamRef(name="ps"), list_of(INT))]
        body: list[AnyNode] = []
        if include and self.chance(0.2):
            inner = _Builder(self.rng, Limits(calls=4, depth=2, failure=self.limits.failure))
            sub = inner.pipeline("inner", include=False).model_copy(update={"final": None})
            first, made = self.call(scope, None)
            args: dict[str, Value] = {"p": at(made.value, "n")} if made.type == RES else {}
            body = [first, Include(id="inc", pipeline=sub, args=args)]
            scope = [*scope, made, *([Known(Out(ref="inc"), RES)] if sub.result is not None else [])]
        nodes, made_here = self.block(scope, 0, None, least=2)
        results = self.whole(made_here, RES)
        final = None
        if self.chance(0.3):
            args = {"label": Const(value="final"), "ins": Ctx(name="state")}
            if self.chance(0.3):
                args["fail"] = Const(value=True)
            final = Final(call=Call(id="final", step="work", args=args))
        return Pipeline(
            name=name,
            params=params,
            code=CODE,
            steps=STEPS,
            body=(*body, *nodes),
            result=results[-1].value if results else None,
            final=final,
        )


def at(value: Value, key: str | int) -> Value:
    """A field of a reference."""
    return value.model_copy(update={"path": (*value.path, key)})  # type: ignore[union-attr]


def random_pipeline(rng: random.Random, name: str = "random", limits: Limits | None = None) -> Pipeline:
    """A valid pipeline: the same for the same state of `rng`."""
    return _Builder(rng, limits or Limits()).pipeline(name)


def numbered(seed: int, number: int, limits: Limits | None = None) -> Pipeline:
    """Pipeline `number` of a seed."""
    return random_pipeline(random.Random(f"{seed}/{number}"), f"random_{seed}_{number}", limits)
