"""What shows of a native file without running it: whether it can be read, parses, and has what is to be run; and where
it imports from."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from pipeglot import engines
from pipeglot.core.free_variables import last_name
from pipeglot.migrate.runner import unusable


def readable(file: Path, engine: str, name: str, python: Path | None = None) -> None:
    """Nothing, when a file may hold what is to be run. Only what is sure is refused: names may be made at run time.

    Args:
        file: the native file.
        engine: the engine it is written for.
        name: of the DAG, flow, job or pipeline in it.
        python: the engine's, whose syntax may be newer.

    Raises:
        AuthoringError: PG360 when it cannot be read or parsed, or has others but not this one.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise unusable(f"cannot read {file}: {error}", "name a file that this process may read") from None
    if file.suffix != ".py":
        return
    try:
        tree = ast.parse(text, str(file))
    except (SyntaxError, ValueError, RecursionError) as error:
        if python is None or not engines.compiles(python, file):
            line = getattr(error, "lineno", None)
            place = f"{file}:{line}" if line else str(file)
            raise unusable(f"{place} is not Python: {getattr(error, 'msg', None) or error}", "fix the file") from None
        return
    spec = engines.spec(engine)
    found = list(_made(tree, spec.makers))
    known = [one for one in found if one is not None]
    plain = {one.replace("-", "_") for one in (*known, *_words_of(tree))}
    if known and None not in found and name.replace("-", "_") not in plain:
        has = ", ".join(dict.fromkeys(known))
        message = f"{file} has no {spec.unit} {name!r}; it has {has}"
        raise unusable(message, f"say which: {engine}:{file.name}:{known[0]}")


def surroundings(file: Path, engine: str) -> tuple[Path, list[Path]]:
    """The folder that a native file is read from, which is on its import path, and further ones to import from.

    What the file imports and does not stand beside it is looked for in the folders above.
    """
    root = engines.spec(engine).source_root(file)
    known = [root, file.parent]
    for name in _imports(file):
        above = (each for each in file.parents if (each / f"{name}.py").is_file() or _has_code(each / name))
        if (found := next(above, None)) is not None and found not in known:
            known.append(found)
    return root, known[1:] if file.parent != root else known[2:]


def _imports(file: Path) -> list[str]:
    """The first names of the modules that a file imports; none of a file that cannot be read."""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [name.name.partition(".")[0] for name in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.append(node.module.partition(".")[0])
    # A folder that is called like an engine's (~/airflow) or a standard module is not what is meant.
    known = sys.stdlib_module_names | {spec.package for spec in engines.specs()}
    return [name for name in dict.fromkeys(found) if name not in known]


def _has_code(folder: Path) -> bool:
    return folder.is_dir() and any(folder.glob("*.py"))


def _made(tree: ast.Module, makers: Collection[str]) -> Iterator[str | None]:
    """The name of everything that is made; None where it is known only when the file runs."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for one in node.decorator_list:
                if last_name(one.func if isinstance(one, ast.Call) else one) in makers:
                    yield _named(one, node.name) if isinstance(one, ast.Call) else node.name
        elif isinstance(node, ast.Call) and (word := last_name(node.func)) in makers and word[:1].isupper():
            yield _named(node, None)


def _named(call: ast.Call, default: str | None) -> str | None:
    """The name that a maker is given, else the one it takes by default."""
    values = [one.value for one in call.keywords if one.arg in ("name", "dag_id")] + call.args[:1]
    if any(one.arg is None for one in call.keywords):
        return None
    if not values:
        return default
    value = values[0]
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _words_of(tree: ast.Module) -> set[str]:
    """Every text and name in a file: one of them may be what is asked for, by a way that is not followed here."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str() as text):
                found.add(text)
            case ast.Name(id=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name)
            case ast.alias(name=name, asname=other):
                found.update({name, other or name})
            case _:
                pass
    return found
