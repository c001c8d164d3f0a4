"""The boundary of components whose types are plain: it takes and gives what the one with pydantic does."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from enum import Enum, IntEnum
from functools import partial
from typing import Any, Literal, Optional, Union, get_args, get_origin

import pytest
import yaml
from typing_extensions import TypedDict

from pipeglot import pipeline, step
from pipeglot.backends.kfp.helpers import HELPERS
from pipeglot.backends.kfp.plain import Plain
from pipeglot.core.ir import Inlined, Pipeline, SourceFragment, Step
from pipeglot.meaning.boundary import json_io
from tests.conftest import THOROUGH
from tests.test_kfp import spec_of


class Number(IntEnum):
    ONE = 1


class Word(str, Enum):
    X = "x"


class Half(float):
    pass


class Inner(TypedDict):
    a: int
    b: float | None


class Outer(TypedDict):
    inner: Inner
    names: list[str]


SCALARS: list[Any] = [
    None, bool, int, float, str, int | float, int | None, str | None, float | None, Union[int, str],  # noqa: UP007
    str | None | float, Literal["x", "y"], Literal[1, 2],
]  # fmt: skip
ODD: list[Any] = [
    None, True, False, 0, 1, -3, 1.0, 2.5, "x", "", "é", 2**53, 2**53 + 1, float("nan"), float("inf"), 1e300,
    Number.ONE, Word.X, Half(2), Half(2.5), b"x", 2**70, object, (1,), {1: 2}, {"a": (1,)}, [None], "\ud800",
]  # fmt: skip


def plain_io() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    names: dict[str, Any] = {"json": json}
    exec(HELPERS["plain_io"], names)
    made: Callable[[Callable[..., Any]], Callable[..., Any]] = names["plain_io"]
    return made


def hint(rng: random.Random, depth: int = 2) -> Any:
    if depth == 0 or rng.random() < 0.45:
        return rng.choice(SCALARS)
    inner = hint(rng, depth - 1)
    generic: list[Any] = [list, list, dict, Optional]
    chosen = rng.choice([*generic, Inner, Outer])
    return chosen if chosen in (Inner, Outer) else chosen[(str, inner) if chosen is dict else inner]


def value(rng: random.Random, of: Any) -> Any:
    """Something of a type, or nearly."""
    kind, inside = get_origin(of) or of, get_args(of)
    if rng.random() < 0.12:
        return rng.choice(ODD)
    if kind is list:
        return [value(rng, inside[0]) for _ in range(rng.randrange(3))]
    if kind is dict:
        return {rng.choice("ab"): value(rng, inside[1]) for _ in range(rng.randrange(3))}
    if kind is Literal:
        return rng.choice(inside)
    if kind is Inner:
        return {"b": value(rng, float | None), "a": value(rng, int), **({"z": object} if rng.random() < 0.1 else {})}
    if kind is Outer:
        return {"names": value(rng, list[str]), "inner": value(rng, Inner)}
    if inside:
        return value(rng, rng.choice(inside))
    known: dict[Any, list[Any]] = {int: [3, Number.ONE], float: [3, 2.5], str: ["é", Word.X], bool: [True]}
    return rng.choice(known.get(kind, [None]))


def outcome(work: Callable[[], Any]) -> tuple[str, str]:
    """What came of it; which error is not promised."""
    try:
        return "gives", repr(work())
    except Exception:
        return "fails", ""


def test_it_agrees_with_pydantic_on_random_types_and_values() -> None:
    plain, rng, seen = plain_io(), random.Random(7), {"gives": 0, "fails": 0}
    for _ in range(3_000 if THOROUGH else 1_200):
        of = hint(rng)
        made = value(rng, of)

        def give(made: Any = made) -> Any:
            return made

        def take(x: Any) -> Any:
            return repr(x)

        give.__annotations__ = {"return": of}
        take.__annotations__ = {"x": of, "return": str}
        wanted = outcome(json_io(give))
        assert outcome(plain(give)) == wanted, (of, made)
        seen[wanted[0]] += 1
        try:
            text = json.dumps(made, allow_nan=False, ensure_ascii=False)
            argument = json.loads(text.encode())
        except (TypeError, ValueError):
            continue  # no JSON: no step is ever given it
        theirs, ours = json_io(take), plain(take)
        assert outcome(partial(ours, x=argument)) == outcome(partial(theirs, x=argument)), (of, made)
    assert min(seen.values()) > 200, seen


HEAD = """\
from typing import Any, Optional
from typing_extensions import NotRequired, TypedDict
from datetime import date
from dataclasses import dataclass
Rows = list[dict[str, float]]
class Row(TypedDict):
    a: int
    b: Rows
class Loose(TypedDict):
    a: NotRequired[int]
@dataclass
class Data:
    a: int
"""


@pytest.mark.parametrize(
    ("signature", "plain"),
    [
        ("(a: int, b=1) -> None", True),
        ("(a: list, b: dict, c: Any) -> float | None", True),
        ("(a: Rows) -> Optional[Row]", True),
        ("(a: 'int') -> int", False),
        ("(a: int)", False),
        ("() -> dict", False),
        ("() -> dict[str, Any]", False),
        ("() -> dict[int, str]", False),
        ("() -> tuple[int, int]", False),
        ("(a: date) -> str", False),
        ("(a: Data) -> str", False),
        ("() -> Loose", False),
        ("(*a: int) -> int", False),
    ],
)
def test_plain_are_the_types_whose_values_are_json_as_they_are(signature: str, plain: bool) -> None:
    import ast

    text = HEAD + f"def made{signature}: ...\n"
    code = []
    for node in ast.parse(text).body:
        lines = text.split("\n")
        start = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
        names = [alias.name for alias in getattr(node, "names", [])] or [
            getattr(node, "name", "") or ast.unparse(node.targets[0])  # type: ignore[attr-defined]
        ]
        kind = {ast.ImportFrom: "import", ast.Assign: "value", ast.ClassDef: "class"}.get(type(node), "function")
        code.append(SourceFragment(kind=kind, names=tuple(names), text="\n".join(lines[start - 1 : node.end_lineno])))  # type: ignore[arg-type]
    found = Step(name="made", run=Inlined(name="made"))
    assert Plain(Pipeline(name="p", code=tuple(code), steps=(found,))).step(found) is plain


class Score(TypedDict):
    name: str
    auc: float


@step
def best(scores: list[Score]) -> Score:
    return max(scores, key=lambda score: score["auc"])


@pipeline
def choosing() -> None:
    best([{"name": "a", "auc": 0.5}, {"name": "b", "auc": 1}])


def test_a_component_of_plain_types_imports_and_installs_no_pydantic() -> None:
    container = yaml.safe_load(spec_of(choosing))["deploymentSpec"]["executors"]["exec-best"]["container"]
    source = container["command"][-1]
    assert "pydantic" not in str(container)
    seen = "import sys; assert not {'pydantic', 'pydantic_core', 'typing_extensions'} & sys.modules.keys()"
    call = f"print({container['args'][-1]}())"
    done = subprocess.run([sys.executable, "-S", "-c", f"{source}\n{call}\n{seen}"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"name": "b", "auc": 1.0}
