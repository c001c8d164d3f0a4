"""What a pickle may hold of the author's file. It names classes and functions by their module, which on KFP is the
component that reads it: that has to hold them, though its own code does not speak of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pipeglot.core.ir import Inlined, Pipeline, SourceFragment

PICKLERS = frozenset(
    {
        "pickle",
        "_pickle",
        "dill",
        "cloudpickle",
        "joblib",
        "shelve",
        "read_pickle",
        "allow_pickle",
        "torch",
        "mlflow",
        "skops",
    }
)
"""Names in the code of a step by which it may read a pickle."""


def pickled(pipeline: Pipeline) -> frozenset[str]:
    """The names that a pickle may hold: classes with instances, and functions that are passed about as values.

    >>> text = "class Scaler:\\n    pass"
    >>> sorted(pickled(Pipeline(name="p", code=(SourceFragment(kind="class", names=("Scaler",), text=text),))))
    ['Scaler']
    """
    trees = [(chunk, ast.parse(chunk.text)) for chunk in pipeline.code if chunk.kind != "import"]
    if not any(chunk.kind in ("class", "function") for chunk, _ in trees):
        return frozenset()
    steps = {step.run.name for step in pipeline.steps if isinstance(step.run, Inlined)}
    values = {name for _, tree in trees for name in _values(tree)}
    functions = {name for chunk, _ in trees if chunk.kind == "function" for name in chunk.names}
    return frozenset({*_classes(trees), *(functions & values - steps)})


def _classes(trees: list[tuple[SourceFragment, ast.Module]]) -> Iterator[str]:
    """Classes but for TypedDicts, whose values are plain dicts."""
    typed = {"TypedDict"}
    for chunk, tree in trees:
        match tree.body[0]:
            case ast.ClassDef(bases=bases) if typed & {ast.unparse(base).rpartition(".")[2] for base in bases}:
                typed.update(chunk.names)
            case ast.ClassDef():
                yield from chunk.names


def _values(tree: ast.Module) -> Iterator[str]:
    """Names that code reads without calling them."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in called:
            yield node.id
