"""Changes of what the steps do."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from pipeglot.core.ir import Pipeline
from tests.mutants.change import Change, functions, recoded, spliced


def _nodes(
    pipeline: Pipeline, wanted: Callable[[ast.AST], bool], written: Callable[[ast.AST], list[str]]
) -> Iterator[Change]:
    """Every node of that kind in the bodies of the steps, written otherwise."""
    for name, text, made, calls in functions(pipeline):
        body = made.body[1:] if ast.get_docstring(made) else made.body
        for statement in body:
            for node in ast.walk(statement):
                if wanted(node):
                    for new in written(node):
                        yield Change(recoded(pipeline, name, spliced(text, node, new)), calls)


def _constant(kind: type) -> Callable[[ast.AST], bool]:
    return lambda node: isinstance(node, ast.Constant) and type(node.value) is kind and hasattr(node, "end_col_offset")


def integer(pipeline: Pipeline) -> Iterator[Change]:
    yield from _nodes(pipeline, _constant(int), lambda node: [str(node.value + 1), str(node.value - 1)])  # type: ignore[attr-defined]


def number(pipeline: Pipeline) -> Iterator[Change]:
    """A float that is a little larger: by a millionth, and by more."""
    yield from _nodes(
        pipeline,
        _constant(float),
        lambda node: [repr(node.value * (1 + 1e-6)), repr(node.value + 1)],  # type: ignore[attr-defined]
    )


def text(pipeline: Pipeline) -> Iterator[Change]:
    yield from _nodes(pipeline, _text, lambda node: [repr(node.value + "x"), repr("")])  # type: ignore[attr-defined]


def _text(node: ast.AST) -> bool:
    # Parts of f-strings have no place of their own before Python 3.12.
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.col_offset != node.end_col_offset


_OTHER = {ast.Add: "-", ast.Sub: "+", ast.Mult: "+", ast.Div: "*"}


def arithmetic(pipeline: Pipeline) -> Iterator[Change]:
    yield from _nodes(
        pipeline,
        lambda node: isinstance(node, ast.BinOp) and type(node.op) in _OTHER,
        lambda node: [f"({ast.unparse(node.left)} {_OTHER[type(node.op)]} {ast.unparse(node.right)})"],  # type: ignore[attr-defined]
    )


def comparison(pipeline: Pipeline) -> Iterator[Change]:
    yield from _nodes(pipeline, lambda node: isinstance(node, ast.Compare), lambda node: [f"not ({ast.unparse(node)})"])


def _returns(pipeline: Pipeline, *written: str) -> Iterator[Change]:
    """What a step returns, in other words; `{}` stands for it."""

    def wanted(node: ast.AST) -> bool:
        return isinstance(node, ast.Return) and node.value is not None

    yield from _nodes(
        pipeline,
        wanted,
        lambda node: ["return " + new.format(ast.unparse(node.value)) for new in written],  # type: ignore[attr-defined]
    )


def returns_type(pipeline: Pipeline) -> Iterator[Change]:
    """A value of another type, which the step's own annotation does not admit: it fails there or is handed on."""
    yield from _returns(pipeline, "str({})", "[{}]")


def returns_nothing(pipeline: Pipeline) -> Iterator[Change]:
    yield from _returns(pipeline, "None")


def returns_reversed(pipeline: Pipeline) -> Iterator[Change]:
    yield from _returns(pipeline, "(lambda value: value[::-1] if isinstance(value, list | str) else value)({})")


def returns_less(pipeline: Pipeline) -> Iterator[Change]:
    yield from _returns(pipeline, "(lambda value: value[:-1] if isinstance(value, list | str) else value)({})")


def returns_twice(pipeline: Pipeline) -> Iterator[Change]:
    yield from _returns(pipeline, "(lambda value: value * 2 if isinstance(value, list | str) else value)({})")


def returns_close(pipeline: Pipeline) -> Iterator[Change]:
    """A float that differs in its sixth digit."""
    yield from _returns(pipeline, "(lambda value: value * 1.000001 if isinstance(value, float) else value)({})")


def _begins(pipeline: Pipeline, *lines: str) -> Iterator[Change]:
    for name, text, made, calls in functions(pipeline):
        first = made.body[1] if ast.get_docstring(made) and len(made.body) > 1 else made.body[0]
        pad = " " * first.col_offset
        rows = text.splitlines(keepends=True)
        new = "".join(f"{pad}{line}\n" for line in lines)
        changed = "".join([*rows[: first.lineno - 1], new, *rows[first.lineno - 1 :]])
        yield Change(recoded(pipeline, name, changed), calls)


def fails(pipeline: Pipeline) -> Iterator[Change]:
    yield from _begins(pipeline, "raise RuntimeError('made to fail')")


def fails_once(pipeline: Pipeline) -> Iterator[Change]:
    """The first attempt fails: another count of attempts, or a failure where there are no retries."""
    marker = "__import__('pathlib').Path('mutant_failed')"
    yield from _begins(
        pipeline, f"if not {marker}.exists():", f"    {marker}.touch()", "    raise RuntimeError('the first time')"
    )


def gives_up(pipeline: Pipeline) -> Iterator[Change]:
    """Says at once what is wrong by a value instead of a failure, or leaves off before the end."""
    yield from _begins(pipeline, "return None")


OPERATORS = (
    integer,
    number,
    text,
    arithmetic,
    comparison,
    returns_type,
    returns_nothing,
    returns_reversed,
    returns_less,
    returns_twice,
    returns_close,
    fails,
    fails_once,
    gives_up,
)
