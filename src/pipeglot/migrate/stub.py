"""Pipelines whose steps have stubs: they answer from a record, fail when told to, or call the real step.

A pipeline in, a pipeline out, so that what an engine runs is compiled as ever. What a stub does is a plan, a JSON
file in a folder that an environment variable names; attempts are counted there too.
"""

from __future__ import annotations

import inspect
import json
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeglot.codegen.names import identifier
from pipeglot.codegen.pysource import flat, literal, string
from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import dataclass, field, replace
from pipeglot.core.ir import (
    AnyNode,
    Call,
    Container,
    Each,
    Group,
    If,
    Imported,
    Include,
    Inlined,
    Json,
    Pipeline,
    Shell,
    SourceFragment,
    Step,
    walk,
)
from pipeglot.core.shape import inline
from pipeglot.meaning.words import container_words, shell_words
from pipeglot.migrate import stub_code
from pipeglot.migrate.unanswered import Asked

FOLDER = stub_code.FOLDER
"""The environment variable that names the folder of the plan."""


@dataclass(frozen=True)
class StubAnswer:
    """What a call gives for `args`: its first `failures` attempts fail (with `error`), then comes `output`.

    `failures` of None means that every attempt fails.
    """

    args: Mapping[str, Json]
    output: Json = None
    failures: int | None = 0
    error: str = ""


@dataclass(frozen=True)
class StubPlan:
    """What the stubs of a pipeline do, by call id.

    `answers` are looked up by the arguments a call is given; in `failing`, an answer only says how often attempts with
    these arguments fail before the call answers. `always` answers whatever is asked. A call in none of them runs as it
    is; one that is in `answers` and finds no answer gives its value in `invented`, and says so.
    """

    answers: Mapping[str, tuple[StubAnswer, ...]] = field(default_factory=dict)
    failing: Mapping[str, tuple[StubAnswer, ...]] = field(default_factory=dict)
    always: Mapping[str, Json] = field(default_factory=dict)
    invented: Mapping[str, Json] = field(default_factory=dict)

    def to_json(self) -> str:
        """The text of the plan's file."""

        def listed(table: Mapping[str, tuple[StubAnswer, ...]]) -> dict[str, list[dict[str, Any]]]:
            return {id: [vars(one) for one in answers] for id, answers in table.items()}

        told = {"answers": listed(self.answers), "failing": listed(self.failing)}
        return json.dumps({**told, "always": dict(self.always), "invented": dict(self.invented)}, default=dict)

    @property
    def calls(self) -> frozenset[str]:
        """The calls that have a stub."""
        return frozenset({*self.answers, *self.failing, *self.always})


@contextmanager
def played(plan: StubPlan) -> Iterator[dict[str, str]]:
    """The plan in a folder of its own, as environment variables of the steps."""
    with tempfile.TemporaryDirectory(prefix="pipeglot-") as folder:
        Path(folder, "plan.json").write_text(plan.to_json(), encoding="utf-8")
        yield {FOLDER: folder}


def unexpected(folder: Path, varying: Mapping[str, Collection[str]] | None = None) -> list[Asked]:
    """What stubs were asked and had no answer for, each once, in an order that two runs share; without the parameters
    (by call) whose arguments are others in every run."""
    file = folder / "unexpected.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    found = {}
    for told in map(json.loads, lines):
        left_out = (varying or {}).get(told["call"], ())
        given = {name: value for name, value in told["given"].items() if name not in left_out}
        found[told["call"], stub_code.canonical(given)] = Asked(told["call"], given)
    return [found[key] for key in sorted(found)]


def with_stubs(pipeline: Pipeline, plan: StubPlan) -> Pipeline:
    """The pipeline with a step of its own, a stub, for every call of the plan. Ids and structure stay; nobody waits
    between the attempts of what only answers."""
    pipeline = inline(pipeline)
    taken = {name for chunk in pipeline.code for name in chunk.names}
    steps = {step.name: step for step in pipeline.steps}
    made: dict[str, tuple[Step, tuple[SourceFragment, ...]]] = {}

    def placed(call: Call) -> Call:
        if call.id not in plan.calls:
            return call
        name = f"stand_in_{len(made)}_{identifier(call.id)}"[:80]
        while name in taken:
            name += "_"
        step = steps[call.step]
        made[call.id] = replace(step, name=name, run=Inlined(name=name)), _code(name, call, step)
        policy = call.policy
        if call.id in plan.answers or call.id in plan.always:  # nothing of its own code runs
            retry = policy.retry and replace(policy.retry, delay=0)
            policy = replace(policy, secrets=(), retry=retry)
        return replace(call, step=name, policy=policy)

    body = _mapped(pipeline.body, placed)
    final = pipeline.final
    if final is not None:
        final = replace(final, call=placed(final.call))
    known = {name: number for number, chunk in enumerate(pipeline.code) for name in chunk.names}
    helper = [chunk for chunk in standin_chunks() if not set(chunk.names) <= known.keys()]
    extra = [chunk for _, chunks in made.values() for chunk in chunks]
    imports = {chunk.text: chunk for chunk in [*helper, *extra] if chunk.kind == "import"}
    present = {chunk.text for chunk in pipeline.code}
    code = (
        *(chunk for chunk in pipeline.code if _is_future(chunk)),
        *(chunk for text, chunk in imports.items() if text not in present),
        *(chunk for chunk in pipeline.code if not _is_future(chunk)),
        *(chunk for chunk in [*helper, *extra] if chunk.kind != "import"),
    )
    used = {node.step for node in walk(body) if isinstance(node, Call)} | ({final.call.step} if final else set())
    kept = tuple(step for step in [*pipeline.steps, *(step for step, _ in made.values())] if step.name in used)
    return replace(pipeline, body=body, final=final, steps=kept, code=code)


def _is_future(chunk: SourceFragment) -> bool:
    return chunk.kind == "import" and chunk.text.lstrip().startswith("from __future__")


def _mapped(body: tuple[AnyNode, ...], change: Callable[[Call], Call]) -> tuple[AnyNode, ...]:
    """Every call of a block of an inlined pipeline, at any depth, changed."""
    made: list[AnyNode] = []
    for node in body:
        match node:
            case Call():
                made.append(change(node))
            case If():
                arms = tuple(replace(arm, body=_mapped(arm.body, change)) for arm in node.arms)
                made.append(replace(node, arms=arms))
            case Each() | Group():
                made.append(replace(node, body=_mapped(node.body, change)))
            case Include():
                raise AssertionError("inlined")
            case _:
                assert_never(node)
    return tuple(made)


def _code(name: str, call: Call, step: Step) -> tuple[SourceFragment, ...]:
    """The stub of a call: a name bound to a function that has the step's own annotations."""
    chunks: list[SourceFragment] = []
    match step.run:
        case Inlined(name=real):
            pass
        case Imported(module=module, attr=attr):
            real = f"{module}.{attr}"
            chunks.append(SourceFragment(kind="import", names=(module.partition(".")[0],), text=f"import {module}"))
        case Shell(script=script):
            real = f"command({flat(literal(shell_words(script)))})"
        case Container(image=image, command=command):
            variables = [one.name for one in step.parameters] + [secret.env for secret in call.policy.secrets]
            real = f"command({flat(literal(container_words(image, command, variables)))})"
        case _:
            assert_never(step.run)
    text = f"@stand_in({string(call.id)}, {real})\ndef {name}() -> None: ..."
    return (*chunks, SourceFragment(kind="function", names=(name,), text=text))


def standin_chunks() -> list[SourceFragment]:
    """The source of the stubs, as chunks of a pipeline's code."""
    imports = [
        ("functools", "import functools"),
        ("hashlib", "import hashlib"),
        ("json", "import json"),
        ("os", "import os"),
        ("subprocess", "import subprocess"),
        ("typing", "import typing"),
        ("Any", "from typing import Any"),
        ("TypeAdapter", "from pydantic import TypeAdapter"),
        ("to_jsonable_python", "from pydantic_core import to_jsonable_python"),
    ]
    chunks = [SourceFragment(kind="import", names=(name,), text=text) for name, text in imports]
    for function in (stub_code.command, stub_code.canonical, stub_code.stand_in):
        source = inspect.getsource(function)
        chunks.append(SourceFragment(kind="function", names=(function.__name__,), text=source))
    return chunks
