"""Reading SOURCE: a Python file, a module, or the JSON of a pipeline, by the words of the command line."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import json
import linecache
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from pydantic import ValidationError

from pipeglot.core import author, ir, where
from pipeglot.core.diagnostic import AuthoringError, Diagnostic


@dataclass(frozen=True)
class Loaded:
    """A pipeline, notes about it, and the folder its own imports start from."""

    pipeline: ir.Pipeline
    diagnostics: list[Diagnostic]
    base: str


def load(source: str) -> Loaded:
    """Read a pipeline from `file.py`, `file.py:name`, `package.module:name` or the JSON file of one.

    Python is run, JSON is not: no code in it is touched. Raises AuthoringError when there is no such pipeline,
    or it cannot be traced; whether it is valid is for `pipeglot.core.check` to say.

    >>> load("nowhere.py")
    Traceback (most recent call last):
    pipeglot.core.diagnostic.AuthoringError: PG330 cannot read nowhere.py: no such file or directory
    """
    path, name = _split(source)
    if path.endswith(".json"):
        if name is not None:
            _fail("PG335", f"{path} holds one pipeline: {name!r} names nothing in it", help=f"write {path}")
        return Loaded(_from_json(path), [], _folder(path))
    if path.endswith(".py"):
        base = _folder(path)
        with _first_on_path(base):
            found = _pick(_run_file(path, base), path, name)
            return _traced(found, base)
    if os.path.exists(path) or not all(part.isidentifier() for part in path.split(".")):
        _read(path)  # says it when it is a folder or cannot be read
        _fail("PG330", f"{path} is no pipeline file", help="a file ends in .py or .json; a module is package.module:name")
    base = os.getcwd()
    with _first_on_path(base):
        return _traced(_pick(_import(path, base), path, name), base)


def _split(source: str) -> tuple[str, str | None]:
    """SOURCE as a path or module and a name; a drive letter is no module, and an existing file needs no name."""
    path, colon, name = source.rpartition(":")
    if not colon or os.path.exists(source) or len(path) < 2 or "/" in name or os.sep in name:
        return source, None
    return path, name


def _folder(path: str) -> str:
    return os.path.dirname(os.path.abspath(path))


@contextmanager
def _first_on_path(folder: str) -> Iterator[None]:
    """The author's folder stands first on `sys.path`, as when Python runs the file."""
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(folder)


def _fail(code: str, message: str, at: ir.At | None = None, help: str = "") -> NoReturn:
    raise AuthoringError([Diagnostic(code, "error", message, at, help)])


def _read(path: str) -> bytes:
    try:
        data = Path(path).read_bytes()
        data.decode("utf-8")
    except OSError as error:
        words = error.strerror or str(error)
        _fail("PG330", f"cannot read {path}: {words[:1].lower()}{words[1:]}")
    except UnicodeDecodeError as error:
        _fail("PG330", f"{path} is not UTF-8 text", where.place(path, data[: error.start].count(b"\n") + 1, _folder(path)))
    except ValueError as error:  # a null byte in the name
        _fail("PG330", f"cannot read {path!r}: {error}")
    return data


# ---------------------------------------------------------------- Python


def _run_file(path: str, base: str) -> ModuleType:
    """A fresh module made of the file, under a name of its own, so that no module it shadows is hidden."""
    full = os.path.abspath(path)
    data = _read(path)
    name = f"_pipeglot_source_{Path(path).stem}"
    spec = importlib.util.spec_from_file_location(name, full)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pydantic look there for names in annotations
    linecache.checkcache(full)
    try:
        with _named(path, full, base):
            exec(compile(data, full, "exec", dont_inherit=True), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _import(module: str, base: str) -> ModuleType:
    try:
        with _named(module, None, base):
            return importlib.import_module(module)
    except AuthoringError as error:
        missing = error.__cause__
        if isinstance(missing, ModuleNotFoundError) and f"{module}.".startswith(f"{missing.name}."):
            _fail("PG330", f"there is no module {module}", help="run it where the module can be imported, or name a file")
        raise


@contextmanager
def _named(source: str, file: str | None, base: str) -> Iterator[None]:
    """Turn whatever the author's file raises into a diagnostic at the author's line."""
    try:
        yield
    except AuthoringError:
        raise
    except SyntaxError as error:
        at = where.place(error.filename, error.lineno, base) if error.filename and error.lineno else None
        message = f"{source} is not Python: {error.msg}"
        raise AuthoringError([Diagnostic("PG331", "error", message, at)]) from error
    except (Exception, SystemExit) as error:
        place = where.author_place(error, file)
        at = where.place(*place, base) if place else None
        text = " ".join(str(error).split())
        if isinstance(error, ValueError) and "null bytes" in text:
            raise AuthoringError([Diagnostic("PG331", "error", f"{source} is not Python: {text}")]) from error
        message = f"{source} cannot be imported: {type(error).__name__}{': ' if text else ''}{text}"
        way_out = ""
        if isinstance(error, ImportError):
            way_out = "install what it imports beside pipeglot, or import it inside the step that needs it"
        raise AuthoringError([Diagnostic("PG332", "error", message, at, way_out)]) from error


def _pick(module: ModuleType, source: str, name: str | None) -> author.Pipeline[..., Any]:
    """The pipeline that is asked for, by its variable or its own name, or the only one."""
    every = {key: value for key, value in vars(module).items() if isinstance(value, author.Pipeline)}
    if name is None:
        own = {key: value for key, value in every.items() if value.fn.__module__ == module.__name__} or every
        single = {id(value): value for value in own.values()}
        if len(single) == 1:
            return next(iter(single.values()))
        if not own:
            _fail("PG333", f"there is no pipeline in {source}", help="decorate a function with @pipeline")
        _fail("PG334", f"{source} holds {len(single)} pipelines: {_listed(own)}", help=f"write {source}:{next(iter(own))}")
    if name in every:
        return every[name]
    by_name = [value for value in every.values() if value.name == name]
    if by_name:
        return by_name[0]
    if name in vars(module):
        what = type(vars(module)[name]).__name__
        _fail("PG335", f"{name} in {source} is no pipeline but a {what}", help=_instead(name, source, every))
    _fail("PG335", f"there is no pipeline {name!r} in {source}", help=_instead(name, source, every))


def _instead(name: str, source: str, every: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(every), n=1)
    if close:
        return f"did you mean {source}:{close[0]}?"
    return f"its pipelines: {_listed(every)}" if every else "decorate a function with @pipeline"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _traced(found: author.Pipeline[..., Any], base: str) -> Loaded:
    pipeline, notes = found.trace()
    return Loaded(pipeline, list(notes), base)


# ---------------------------------------------------------------- JSON


def _from_json(path: str) -> ir.Pipeline:
    text = _read(path).decode("utf-8")
    try:
        data = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        _fail("PG338", f"{path} is nested deeper than {ir.MAX_DEPTH} levels")
    except json.JSONDecodeError as error:
        _fail("PG331", f"{path} is not JSON: {error.msg}", where.place(path, error.lineno, _folder(path)))
    except ValueError as error:
        _fail("PG331", f"{path} is not JSON: {error}")
    said = data.get("format") if isinstance(data, dict) else None
    if said != ir.FORMAT:
        if isinstance(said, str) and said.startswith("pipeglot.pipeline/"):
            _fail("PG336", f"{path} is of the version {said}; this pipeglot reads {ir.FORMAT}")
        _fail("PG336", f"{path} is no pipeline: it does not say \"format\": \"{ir.FORMAT}\"")
    if _depth(data) > ir.MAX_DEPTH:
        _fail("PG338", f"{path} is nested deeper than {ir.MAX_DEPTH} levels")
    try:
        return ir.Pipeline.from_json(text)
    except ValidationError as error:
        _invalid(path, error)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _depth(data: Any) -> int:
    """How deep blocks and values lie in one another: a node counts one, and inside a constant every container."""
    deepest, todo = 0, [(data, 0, False)]
    while todo:
        at, depth, constant = todo.pop()
        if isinstance(at, dict):
            kind = at.get("kind")
            depth += constant or isinstance(kind, str)
            todo += [(inner, depth, constant or (kind == "const" and key == "value")) for key, inner in at.items()]
        elif isinstance(at, list):
            depth += constant
            todo += [(inner, depth, constant) for inner in at]
        deepest = max(deepest, depth)
    return deepest


def _invalid(path: str, error: ValidationError) -> NoReturn:
    found = error.errors(include_url=False, include_input=False)
    wrong = []
    for one in found[:3]:
        place = ".".join(str(part) for part in one["loc"])
        wrong.append(Diagnostic("PG337", "error", f"{path} is no valid pipeline: {place or 'it'}: {one['msg']}"))
    if len(found) > 3:
        wrong.append(Diagnostic("PG337", "error", f"{path} has {len(found) - 3} more such mistakes"))
    raise AuthoringError(wrong)
