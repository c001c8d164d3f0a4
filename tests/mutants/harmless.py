"""Changes that change nothing: a dry-run must not report them."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator

from pipeglot.core.dataclass import replace
from pipeglot.core.ir import Call, Pipeline, parts
from tests.mutants.change import Change, functions, recoded
from tests.mutants.native_code import Written


def _rewritten(pipeline: Pipeline, change: Callable[[ast.FunctionDef], str | None]) -> Iterator[Change]:
    for name, text, made, calls in functions(pipeline):
        head = text[: text.index("def ")]
        new = change(made)
        if new is not None:
            made.decorator_list = []
            yield Change(recoded(pipeline, name, head + new + "\n"), calls)


def _plain(made: ast.FunctionDef) -> str:
    made.decorator_list = []
    return ast.unparse(made)


def formats(pipeline: Pipeline) -> Iterator[Change]:
    """Other quotes, line breaks and brackets."""
    yield from _rewritten(pipeline, _plain)


def docstring(pipeline: Pipeline) -> Iterator[Change]:
    def change(made: ast.FunctionDef) -> str:
        if not ast.get_docstring(made):
            made.body.insert(0, ast.Expr(ast.Constant("What it does.")))
        else:
            made.body[0] = ast.Expr(ast.Constant("Said otherwise."))
        return _plain(made)

    yield from _rewritten(pipeline, change)


def comments(pipeline: Pipeline) -> Iterator[Change]:
    def change(made: ast.FunctionDef) -> str:
        first, *rest = _plain(made).splitlines()
        return "\n".join([first, "    # It was written long ago.", *rest])

    yield from _rewritten(pipeline, change)


def logs(pipeline: Pipeline) -> Iterator[Change]:
    def change(made: ast.FunctionDef) -> str:
        made.body.insert(0, ast.parse("print('it begins')").body[0])
        return _plain(made)

    yield from _rewritten(pipeline, change)


def renames_local(pipeline: Pipeline) -> Iterator[Change]:
    def change(made: ast.FunctionDef) -> str | None:
        names = {node.id for node in ast.walk(made) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        if not names:
            return None
        for node in ast.walk(made):
            if isinstance(node, ast.Name) and node.id in names:
                node.id += "_1"
        return _plain(made)

    yield from _rewritten(pipeline, change)


def by_a_variable(pipeline: Pipeline) -> Iterator[Change]:
    """What is returned has a name first."""

    def change(made: ast.FunctionDef) -> str | None:
        last = made.body[-1]
        if not isinstance(last, ast.Return) or last.value is None:
            return None
        made.body[-1:] = ast.parse(f"found = {ast.unparse(last.value)}\nreturn found").body
        return _plain(made)

    yield from _rewritten(pipeline, change)


def same_expression(pipeline: Pipeline) -> Iterator[Change]:
    """`a + 0`, `not not`, a sum the other way round: another spelling of the same value."""

    def change(made: ast.FunctionDef) -> str | None:
        last = made.body[-1]
        if not isinstance(last, ast.Return) or last.value is None:
            return None
        last.value = ast.parse(f"(lambda: {ast.unparse(last.value)})()", mode="eval").body
        return _plain(made)

    yield from _rewritten(pipeline, change)


def guards(pipeline: Pipeline) -> Iterator[Change]:
    """An error is caught and raised again."""

    def change(made: ast.FunctionDef) -> str:
        doc = made.body[:1] if ast.get_docstring(made) else []
        body = made.body[len(doc) :]
        handler = ast.parse("try:\n    pass\nexcept Exception:\n    raise").body[0]
        assert isinstance(handler, ast.Try)
        handler.body = body
        made.body = [*doc, handler]
        return _plain(made)

    yield from _rewritten(pipeline, change)


def dead_code(pipeline: Pipeline) -> Iterator[Change]:
    def change(made: ast.FunctionDef) -> str:
        made.body.insert(0, ast.parse("if False:\n    raise SystemExit").body[0])
        return _plain(made)

    yield from _rewritten(pipeline, change)


def reorders(pipeline: Pipeline) -> Iterator[Change]:
    """Two statements that have nothing to do with one another change places."""
    for number, (a, b) in enumerate(zip(pipeline.body, pipeline.body[1:], strict=False)):
        if isinstance(a, Call) and isinstance(b, Call) and not b.after:
            needed = {getattr(part, "ref", None) for value in b.args.values() for part in parts(value)}
            if a.id not in needed:
                body = (*pipeline.body[:number], b, a, *pipeline.body[number + 2 :])
                yield Change(replace(pipeline, body=body))


def describes(pipeline: Pipeline) -> Iterator[Change]:
    yield Change(replace(pipeline, description="Another description."))
    yield Change(replace(pipeline, tags=("b", "c")))
    yield Change(replace(pipeline, owner="somebody"))


OPERATORS = (
    formats,
    docstring,
    comments,
    logs,
    renames_local,
    by_a_variable,
    same_expression,
    guards,
    dead_code,
    reorders,
    describes,
)


# ---------------------------------------------------------------- the compiled file


def unparsed(text: str) -> Iterator[Written]:
    """Without a comment, and laid out by a program."""
    yield Written(ast.unparse(ast.parse(text)) + "\n")


def commented(text: str) -> Iterator[Written]:
    for seed in range(3):
        rng = random.Random(seed)
        tree = ast.parse(text)
        starts = {node.lineno for node in tree.body}
        lines = [
            f"# Line {number}.\n{line}" if number in starts and rng.random() < 0.5 else line
            for number, line in enumerate(text.splitlines(), 1)
        ]
        if ast.dump(ast.parse("\n".join(lines))) == ast.dump(tree):
            yield Written("\n".join(lines) + "\n")


def unused(text: str) -> Iterator[Written]:
    yield Written(text + "\n\ndef never_called():\n    raise RuntimeError\n")
    yield Written(text + "\n\nUNUSED = {'a': 1}\n")


WRITTEN = (unparsed, commented, unused)
