"""Mutation testing of pipeglot's own source: each change of a function that tests reach must make one of them fail.

    python -m tests.mutation                                   # a sample over `core`, `meaning` and `compare`
    python -m tests.mutation core.types meaning.machine --sample 0    # every mutant of two modules

The unit tests run once, in a process of their own, to see which test reaches which function. Then every mutant is a fork in
which one function has other code, and the tests that reach it run until one fails. What survives is printed as a change of
its line; those in `ACCEPTED` change nothing that can be seen. Exits with 1 when more than one in twenty survives.
"""

from __future__ import annotations

import argparse
import ast
import copy
import gc
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "pipeglot"
ROOMS = ("core", "meaning", "compare")
TESTS = (
    *(
        "arithmetic",
        "artifacts",
        "boundary",
        "check",
        "compare",
        "conformance",
        "dataclass",
        "derive",
        "diagnostic",
        "divergences",
    ),
    *(
        "dryrun",
        "graph",
        "inference",
        "matrix",
        "random",
        "redaction",
        "report",
        "run",
        "schedule",
        "secrets",
        "shape",
        "source",
    ),
    *("tables", "types", "untyped", "verdict"),
)
"""The test files that hold these rooms without an engine."""
MOST_SURVIVE = 0.05
LONGEST = 20.0
"""Seconds for the tests of one mutant: what runs longer has changed too."""

ACCEPTED: frozenset[str] = frozenset()
"""Mutants that mean the same, as they are printed."""

Key = tuple[str, int]
"""A function: its file and the line of its code."""


# ---------------------------------------------------------------- what is changed

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Add,
    ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
CALLED = {"any": "all", "all": "any", "min": "max", "max": "min"}


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """What a node of a function can be changed to."""
    match node:
        case ast.Compare(ops=[op], left=left, comparators=right):
            yield ast.Compare(left, [COMPARED[type(op)]()], right)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in COMPUTED:
            yield ast.BinOp(left, COMPUTED[type(op)](), right)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in CALLED:
            yield ast.Call(ast.Name(CALLED[name], ast.Load()), args, keywords)
        case ast.If(test=ast.Name() | ast.Attribute() | ast.Call() as test, body=body, orelse=orelse):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield ast.Return(ast.Constant(None))
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()


def places(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None]]:
    """Everything below a node that can be changed, with its parent and where it has it. Not annotations, and not what only
    says that something cannot be."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_comment") or isinstance(
            node, ast.Raise | ast.Assert
        ):
            continue
        for number, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                if not (isinstance(node, ast.JoinedStr) or "assert_never" in ast.unparse(child)):
                    yield node, name, number
                yield from places(child)


@dataclass(frozen=True)
class Mutant:
    """One change of one function."""

    file: Path
    key: Key
    line: int
    text: str
    code: CodeType

    def __str__(self) -> str:
        return f"{self.file.relative_to(SOURCE)}: {self.text}"


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions and methods of a module; what is inside one belongs to it."""
    for node in tree.body:
        for each in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                yield each


def mutants(file: Path) -> Iterator[Mutant]:
    """Every mutant of a module."""
    text = file.read_text("utf-8")
    tree = ast.parse(text, str(file))
    lines = text.splitlines()
    for function in functions(tree):
        for parent, name, number in list(places(function)):
            value = getattr(parent, name)
            child = value if number is None else value[number]
            for changed in changes(child):
                ast.copy_location(changed, child)
                before, after = ast.unparse(child), ast.unparse(changed)
                _put(parent, name, number, changed)
                module = compile(ast.fix_missing_locations(copy.deepcopy(tree)), str(file), "exec")
                _put(parent, name, number, child)
                code = next(
                    each for each in _codes(module) if each.co_name == function.name and _begins(each, function)
                )
                if isinstance(child, ast.stmt):
                    before, after = before.splitlines()[0], after.splitlines()[0]
                said = f"{function.name}: {lines[child.lineno - 1].strip()}   # {before} -> {after}"
                yield Mutant(file, (str(file), code.co_firstlineno), child.lineno, said, code)


def _put(parent: ast.AST, name: str, number: int | None, child: ast.AST) -> None:
    if number is None:
        setattr(parent, name, child)
    else:
        getattr(parent, name)[number] = child


def _codes(code: CodeType) -> Iterator[CodeType]:
    """The code of the functions of a module and of its classes."""
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _codes(each)


def _begins(code: CodeType, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return code.co_firstlineno == min([function.lineno, *(each.lineno for each in function.decorator_list)])


# ---------------------------------------------------------------- running tests


class Session:
    """Takes the place of pytest's loop over the tests: runs them in forks, with and without a mutant."""

    def __init__(self, files: Sequence[Path], sample: int, seed: int) -> None:
        self.files, self.sample, self.seed = files, sample, seed
        self.tried: list[tuple[Mutant, str]] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        reached = self._reached(session.items)
        known = [mutant for file in self.files for mutant in mutants(file)]
        chosen = known if not self.sample else random.Random(self.seed).sample(known, min(self.sample, len(known)))
        for mutant in chosen:
            tests = [session.items[number] for number in reached.get(mutant.key, ())]
            outcome = "reached by no test" if not tests else forked(lambda m=mutant, t=tests: strike(m, t))  # type: ignore[misc]
            self.tried.append((mutant, outcome))
            if outcome != "killed" and str(mutant) not in ACCEPTED:
                print(f"{outcome}: {mutant}", file=sys.__stdout__, flush=True)
        return True

    def _reached(self, items: Sequence[pytest.Item]) -> dict[Key, list[int]]:
        """The tests that reach each function, the quick ones first. Those that fail as it is do not count."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "reached.json")
            forked(lambda: survey(items, path), limit=None)
            found = json.loads(path.read_text())
        by_function: dict[Key, list[tuple[float, int]]] = defaultdict(list)
        for number, (seconds, keys) in enumerate(found):
            for file, line in keys:
                by_function[file, line].append((seconds, number))
        return {key: [number for _, number in sorted(tests)] for key, tests in by_function.items()}


def survey(items: Sequence[pytest.Item], path: Path) -> None:
    """Write how long each test takes, and which functions of ours it reaches; nothing of a test that fails."""
    found = []
    for item in items:
        codes: set[CodeType] = set()

        def trace(frame: FrameType, event: str, argument: Any, codes: set[CodeType] = codes) -> None:
            codes.add(frame.f_code)

        begun = time.monotonic()
        threading.settrace(trace)
        sys.settrace(trace)
        passed = passes(item)
        sys.settrace(None)
        threading.settrace(None)
        # A copy: a thread that a step's timeout has left behind still adds to it.
        ours = {(c.co_filename, c.co_firstlineno) for c in [*codes] if c.co_filename.startswith(str(SOURCE))}
        found.append((time.monotonic() - begun, sorted(ours) if passed else []))
    path.write_text(json.dumps(found))


def passes(item: pytest.Item) -> bool:
    from _pytest.runner import runtestprotocol

    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def strike(mutant: Mutant, tests: Sequence[pytest.Item]) -> str | None:
    """Change the function wherever it lives, and run the tests."""
    originals = [
        each
        for each in gc.get_objects()
        if isinstance(each, FunctionType)
        and (each.__code__.co_filename, each.__code__.co_firstlineno) == mutant.key
        and each.__code__.co_name == mutant.code.co_name
    ]
    for function in originals:
        if len(function.__code__.co_freevars) != len(mutant.code.co_freevars):
            return "killed"  # it would not even load
        function.__code__ = mutant.code
    return None if all(passes(item) for item in tests) and originals else "killed"


def forked(action: Callable[[], str | None], limit: float | None = LONGEST) -> str:
    """`killed` when the action says so, fails or takes too long; else `survived`."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            sink = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2) if limit else (0, 1):  # what goes wrong with the survey is to be seen
                os.dup2(sink, stream)
            os.setsid()
            code = 0 if action() is None else 1
        finally:
            os._exit(code)
    ended = time.monotonic() + (limit or float("inf"))
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "survived" if status == 0 else "killed"
        if time.monotonic() > ended:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return "killed"
        time.sleep(0.005)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "modules", nargs="*", metavar="MODULE", help="core.types, meaning, ...; default: all of the rooms"
    )
    parser.add_argument("--sample", type=int, default=200, metavar="N", help="how many mutants are drawn; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tests", nargs="+", default=TESTS, metavar="NAME", help="test files: tests/test_NAME.py")
    given = parser.parse_args(arguments)
    paths = [SOURCE.joinpath(*name.split(".")) for name in given.modules or ROOMS]
    files = [
        file
        for path in paths
        for file in ([path.with_suffix(".py")] if not path.is_dir() else sorted(path.rglob("*.py")))
    ]
    session = Session(files, given.sample, given.seed)
    tests = [f"tests/test_{name}.py" for name in given.tests]
    doctests = [str(file) for file in files]
    options = ["-q", "-p", "no:cacheprovider", "-s", "--timeout=0", "-m", "not engine and not slow", "--no-header"]
    pytest.main([*options, *tests, *doctests], plugins=[session])
    outcomes = [outcome for mutant, outcome in session.tried if outcome == "killed" or str(mutant) not in ACCEPTED]
    if not outcomes:
        return 1
    alive = len([outcome for outcome in outcomes if outcome != "killed"])
    print(f"{len(outcomes)} mutants, {alive} not noticed: {alive / len(outcomes):.1%}")
    return 0 if alive <= MOST_SURVIVE * len(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
