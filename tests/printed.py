"""What a printed Python file makes of names: which of the author's it reads where it means something else."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterable, Iterator, Mapping

import yaml

from pipeglot.backends.base import Compiled
from pipeglot.core.dataclass import replace
from pipeglot.core.ir import Inlined, Pipeline

AUTHORS = "of the author's"
"""What functions of the author's say, to be known among the generated ones."""
_WRAPPERS = ("json_io", "plain_io")


def modules(made: Compiled) -> Iterator[str]:
    """Every Python module of an output: a file, or the source of each component of a KFP spec."""
    text = made.files[made.entry]
    yield from carried(text) if made.entry.endswith(".yaml") else [text]


def carried(spec: str) -> Iterator[str]:
    """The source of each component of a KFP spec."""
    for executor in next(yaml.safe_load_all(spec))["deploymentSpec"]["executors"].values():
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
        replace(chunk, names=tuple(names.get(n, n) for n in chunk.names), text=code(chunk.text))
        for chunk in pipeline.code
    )
    steps = tuple(
        replace(step, run=Inlined(name=names.get(step.run.name, step.run.name)))
        if isinstance(step.run, Inlined)
        else step
        for step in pipeline.steps
    )
    return replace(pipeline, code=chunks, steps=steps)


def identifiers(tree: ast.AST) -> set[str]:
    """Every name that code has, of whatever scope."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.alias(name=name, asname=other):
                found.add((other or name).partition(".")[0])
    return found


def mistaken(text: str, names: Iterable[str]) -> list[str]:
    """What is wrong with names that the author's code binds in a module: read by generated code in another meaning, bound
    once more by it, or hidden from the one place that means them."""
    statements = ast.parse(text).body
    theirs = [statement for statement in statements if _is_the_authors(statement)]
    # A component has only what its step needs.
    own = {name for statement in theirs for name in _bound(statement)}.intersection(names)
    wrong: list[str] = []
    for statement in statements:
        if statement in theirs or not own.intersection(identifiers(statement)) or _is_second_name(statement):
            continue
        said = ast.unparse(statement)[:60]
        wrong += [f"{name} is bound again: {said!r}" for name in own & _bound(statement)]
        meant = {id(node) for node in _wrapped(statement)}
        for scope, node in _scoped(statement, frozenset()):
            if isinstance(node, ast.Name) and node.id in own and isinstance(node.ctx, ast.Load):
                if id(node) in meant and node.id in scope:
                    wrong.append(f"{node.id} is hidden by a local name: {said!r}")
                elif id(node) not in meant and node.id not in scope:
                    wrong.append(f"{node.id} is read in line {node.lineno}: {said!r}")
    return wrong


def _is_the_authors(statement: ast.stmt) -> bool:
    constants = (node.value for node in ast.walk(statement) if isinstance(node, ast.Constant))
    return isinstance(statement, ast.FunctionDef) and AUTHORS in constants


def _is_second_name(statement: ast.stmt) -> bool:
    """Whether it does no more than give a name that is the author's another one: `params_ = params`."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=other)], value=ast.Name(id=name)):
            return name == other.rstrip("_")
    return False


def _bound(statement: ast.stmt) -> set[str]:
    """What a statement binds on module level."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    table = symtable.symtable(ast.unparse(statement), "printed", "exec")
    return {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}


def _wrapped(statement: ast.AST) -> Iterator[ast.Name]:
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.rstrip("_") in _WRAPPERS:
            yield from (argument for argument in node.args if isinstance(argument, ast.Name))


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
