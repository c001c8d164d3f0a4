"""What a printed Python file makes of names: which of the author's it reads where it means something else."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator, Mapping

import yaml

from pipeglot.backends.base import Compiled
from pipeglot.core.ir import Inlined, Pipeline

_WRAPPERS = ("json_io", "plain_io")


def modules(made: Compiled) -> Iterator[str]:
    """Every Python module of an output: a file, or the source of each component of a KFP spec."""
    text = made.files[made.entry]
    if not made.entry.endswith(".yaml"):
        yield text
        return
    for executor in next(yaml.safe_load_all(text))["deploymentSpec"]["executors"].values():
        command = executor["container"].get("command", [])
        yield from (part for part in command if "import kfp" not in part and "def " in part)


def renamed(pipeline: Pipeline, names: Mapping[str, str]) -> Pipeline:
    """A pipeline whose own code has other names."""

    def code(text: str) -> str:
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                node.name = names.get(node.name, node.name)
            elif isinstance(node, ast.Name):
                node.id = names.get(node.id, node.id)
        return ast.unparse(tree)

    chunks = tuple(
        chunk.model_copy(update={"names": tuple(names.get(n, n) for n in chunk.names), "text": code(chunk.text)})
        for chunk in pipeline.code
    )
    steps = tuple(
        step.model_copy(update={"run": Inlined(name=names.get(step.run.name, step.run.name))})
        if isinstance(step.run, Inlined)
        else step
        for step in pipeline.steps
    )
    return pipeline.model_copy(update={"code": chunks, "steps": steps})


def identifiers(text: str) -> set[str]:
    """Every name that code has, of whatever scope."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.alias(name=name, asname=other):
                found.add((other or name).partition(".")[0])
    return found


def mistaken(text: str, own: str) -> list[str]:
    """What is wrong with the name `own` that the author's code binds in a module: read by generated code in another meaning,
    bound once more by it, or hidden from the one place that means it."""
    tree = ast.parse(text)
    wrong: list[str] = []
    theirs: list[ast.stmt] = []
    ours: list[ast.stmt] = []
    for statement in tree.body:
        binds = own in _bound(statement)
        author = isinstance(statement, ast.FunctionDef) and any(
            isinstance(n, ast.Constant) and n.value == "of the author's" for n in ast.walk(statement)
        )
        (theirs if author else ours).append(statement)
        if binds and not author:
            wrong.append(f"bound again: {ast.unparse(statement)[:80]}")
    if not any(own in _bound(statement) for statement in theirs):
        return []  # a component that needs none of it
    for statement in ours:
        wrong += [*_reads(statement, own), *_unreachable(statement, own)]
    return sorted(set(wrong))


def _bound(statement: ast.stmt) -> set[str]:
    """What a statement binds on module level."""
    table = symtable.symtable(ast.unparse(statement), "printed", "exec")
    return {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}


def _wrapped(statement: ast.AST) -> Iterator[ast.Name]:
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.rstrip("_") in _WRAPPERS:
            yield from (argument for argument in node.args if isinstance(argument, ast.Name))


def _reads(statement: ast.stmt, own: str) -> Iterator[str]:
    """Reads of a module-level name but by a wrapper, or to give it a second name; a function in which it is local has its
    own."""
    meant = {id(node) for node in _wrapped(statement)}
    match statement:
        case ast.Assign(targets=[ast.Name(id=other)], value=ast.Name(id=name)) if name == other.rstrip("_"):
            return
    for scope, node in _scoped(statement, frozenset()):
        read = isinstance(node, ast.Name) and node.id == own and isinstance(node.ctx, ast.Load)
        if read and own not in scope and id(node) not in meant:
            assert isinstance(node, ast.Name)
            yield f"line {node.lineno} of {ast.unparse(statement)[:60]!r} reads it"


def _unreachable(statement: ast.stmt, own: str) -> Iterator[str]:
    meant = {id(node) for node in _wrapped(statement)}
    for scope, node in _scoped(statement, frozenset()):
        if id(node) in meant and isinstance(node, ast.Name) and node.id == own and own in scope:
            yield f"hidden by a local name in {ast.unparse(statement)[:60]!r}"


def _scoped(node: ast.AST, scope: frozenset[str]) -> Iterator[tuple[frozenset[str], ast.AST]]:
    """Every node with the names that are local where it stands, by Python's own symbol table."""
    yield scope, node
    if isinstance(node, ast.FunctionDef):
        table = symtable.symtable(ast.unparse(node), "printed", "exec").get_children()
        own = next(each for each in table if each.get_name() == node.name and each.get_type() == "function")
        inside = scope | {s.get_name() for s in own.get_symbols() if s.is_local()}
        arguments = node.args
        notes = [a.annotation for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]
        for outer in [*node.decorator_list, *arguments.defaults, *arguments.kw_defaults, *notes, node.returns]:
            if outer is not None:
                yield from _scoped(outer, scope)
        for line in node.body:
            yield from _scoped(line, inside)
        return
    if isinstance(node, ast.Lambda):
        scope |= {argument.arg for argument in node.args.args}
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        scope |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for child in ast.iter_child_nodes(node):
        yield from _scoped(child, scope)
