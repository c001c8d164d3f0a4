"""The pipeline that a source names: a Python file, a name in a module, or a pipeline as JSON."""

from __future__ import annotations

import importlib
import itertools
import json
import linecache
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from pipeglot.author.pipeline import Pipeline
from pipeglot.core import border, ir
from pipeglot.core.dataclass import dataclass
from pipeglot.core.diagnostic import AuthoringError, Diagnostic, PipeglotError

_SPELLINGS = "a source is file.py, file.py:name, package.module:name or pipeline.json"
_DEEPEST_JSON = 4 * ir.MAX_DEPTH + 8
"""An If in an If nests four deep in JSON (arms, arm, body, node); the rule about MAX_DEPTH counts exactly."""

_OURS = Path(__file__).parents[1]

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Loaded:
    """A pipeline, what its tracing had to say, and the folder that its own imports start from."""

    pipeline: ir.Pipeline
    diagnostics: list[Diagnostic]
    base: Path


def read(source: str) -> Loaded:
    """Read `file.py`, `file.py:name`, `package.module:name` or a pipeline's `.json`, of which no code is run.

    Raises AuthoringError (PG330-PG337, PG172, or what tracing finds) with all that is wrong. The author's code may
    print and is not kept from anything; KeyboardInterrupt passes through.

    >>> read("nowhere.py")
    Traceback (most recent call last):
    pipeglot.core.diagnostic.AuthoringError: PG330 there is no file nowhere.py
    """
    path, name = _split(source)
    if path.endswith(".json"):
        return _read_json(Path(path))
    if path.endswith(".py"):
        file = Path(os.path.abspath(path))
        with _importing(file.parent):
            module = _execute(file, path, _text(Path(path)))
            return _trace(module, path, name, file.parent)
    if name and re.fullmatch(r"\w+(\.\w+)*", path) and not os.path.exists(path):
        return _read_module(path, name)
    if os.path.isdir(path):
        _fail("PG330", f"{path} is a folder", help=_SPELLINGS)
    if os.path.exists(path):
        _fail("PG330", f"{path} is neither Python nor JSON by its ending", help=_SPELLINGS)
    _fail("PG330", f"there is no file {path}", help=_SPELLINGS)


def _split(source: str) -> tuple[str, str]:
    """Path and name; a drive's colon, or one in the name of a file that exists, separates nothing."""
    path, colon, name = source.rpartition(":")
    if not colon or os.path.exists(source) or not path or "/" in name or "\\" in name:
        return source, ""
    return path, name


def _fail(code: str, message: str, at: ir.At | None = None, help: str = "") -> NoReturn:
    raise AuthoringError([Diagnostic(code, "error", message, at, help)])


def _text(path: Path) -> str:
    """A file's text. Raises AuthoringError (PG330)."""
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        _fail("PG330", f"{path} is not a file", help=_SPELLINGS)
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        at = ir.At(file=path.name, line=line)
        _fail(
            "PG330",
            f"{path} is not UTF-8 text: byte 0x{error.object[error.start]:02x}",
            at,
            "save it as UTF-8",
        )
    except FileNotFoundError:
        _fail("PG330", f"there is no file {path}")
    except IsADirectoryError:
        _fail("PG330", f"{path} is a folder", help=_SPELLINGS)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        _fail("PG330", f"cannot read {path}: {reason[:1].lower()}{reason[1:]}")


# ---------------------------------------------------------------- Python


@contextmanager
def _importing(folder: Path) -> Iterator[None]:
    """`folder` first on `sys.path`. What was imported from it is forgotten afterwards, so that the next source
    with a module of that name beside it gets its own."""
    entry = str(folder)
    before = set(sys.modules)
    sys.path.insert(0, entry)
    _look_again()
    try:
        yield
    finally:
        if entry in sys.path:
            sys.path.remove(entry)
        beside = {name for name in set(sys.modules) - before if "." not in name and _is_in(name, folder)}
        for name in set(sys.modules) - before:
            if name.split(".")[0] in beside:
                del sys.modules[name]


def _look_again() -> None:
    """Let imports see files that are new: `importlib.invalidate_caches`, which from Python 3.12 on loads what looks through
    installed packages."""
    for name, finder in [*sys.path_importer_cache.items()]:
        if finder is None or not os.path.isabs(name):
            del sys.path_importer_cache[name]
        elif hasattr(finder, "invalidate_caches"):
            finder.invalidate_caches()


def _is_in(name: str, folder: Path) -> bool:
    """Whether a top-level module, not pipeglot itself, is a file or package right in the folder."""
    file = getattr(sys.modules[name], "__file__", None)
    if not file or name == "pipeglot":
        return False
    return Path(file).parent in (folder, folder / name)


def _execute(file: Path, path: str, text: str) -> ModuleType:
    """The author's file as a module, not `__main__`, known to `sys.modules` for pickling and type hints."""
    try:
        code = compile(text, str(file), "exec", dont_inherit=True)
    except SyntaxError as error:
        at = ir.At(file=file.name, line=max(error.lineno or 1, 1))
        _fail("PG331", f"{path} is not Python: {error.msg}", at)
    except (ValueError, RecursionError, MemoryError) as error:
        _fail("PG331", f"{path} is not Python: {_first(error)}", ir.At(file=file.name, line=1))
    linecache.checkcache(str(file))
    name = re.sub(r"\W", "_", file.stem)
    name = next(each for number in _numbers if (each := f"_{name}_{number}") not in sys.modules)
    module = ModuleType(name)
    module.__file__ = str(file)
    sys.modules[name] = module
    with _blaming(path, file.parent, file):
        exec(code, module.__dict__)
    return module


def _read_module(path: str, name: str) -> Loaded:
    here = Path.cwd()
    with _importing(here):
        with _blaming(path, here):
            try:
                module = importlib.import_module(path)
            except ModuleNotFoundError as error:
                if error.name is None or not f"{path}.".startswith(f"{error.name}."):
                    raise
                _fail("PG330", f"there is no module {error.name}", help=_SPELLINGS)
        file = Path(os.path.abspath(getattr(module, "__file__", None) or "."))
        up = path.count(".") + (1 if file.name == "__init__.py" else 0)
        return _trace(module, path, name, [*file.parents][min(up, len(file.parents) - 1)])


@contextmanager
def _blaming(path: str, folder: Path, file: Path | None = None) -> Iterator[None]:
    """Whatever the author's code raises becomes one diagnostic, at the innermost line in `file`, or without one
    in `folder`. Where it was raised deeper in `folder`, the message says so."""
    try:
        yield
    except (KeyboardInterrupt, PipeglotError):
        raise
    except BaseException as error:
        places = [place for place in _places(error) if _is_below(place[0], folder)]
        own = [place for place in places if file is None or place[0] == str(file)]
        at = ir.At(file=Path(own[-1][0]).name, line=own[-1][1]) if own else None
        message, help = f"{path} cannot be loaded: {_first(error)}", ""
        if isinstance(error, SystemExit):
            message = f"{path} cannot be loaded: it exits ({_first(error)})"
            help = 'put what only a script does under `if __name__ == "__main__":`'
        elif isinstance(error, ModuleNotFoundError):
            help = "install it here, or import it inside the step that uses it"
        if own and places[-1] != own[-1]:
            message += f" (in {os.path.relpath(places[-1][0], folder)}, line {places[-1][1]})"
        _fail("PG332", message, at, help)


def _places(error: BaseException) -> Iterator[tuple[str, int]]:
    """File and line of every frame, outermost first."""
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next


def _is_below(file: str, folder: Path) -> bool:
    """Whether a file is the author's: below the folder, and of no environment in it."""
    path = Path(file)
    return path.is_relative_to(folder) and "site-packages" not in path.parts and not path.is_relative_to(_OURS)


def _first(error: BaseException) -> str:
    """An exception in one line."""
    if isinstance(error, SyntaxError):
        place = f" ({Path(error.filename).name}, line {error.lineno})" if error.filename else ""
        return f"{type(error).__name__}: {error.msg}{place}"
    try:
        lines = str(error).strip().splitlines()
    except Exception:
        lines = []
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _trace(module: ModuleType, path: str, name: str, base: Path) -> Loaded:
    found = _named(module, path, name) if name else _only(module, path)
    made, notes = found.trace()
    return Loaded(made, list(notes), base)


def _only(module: ModuleType, path: str) -> Pipeline[..., Any]:
    """The one pipeline that a file defines; imported ones are there to be included."""
    pipelines = {name: value for name, value in vars(module).items() if isinstance(value, Pipeline)}
    own = {id(value): name for name, value in reversed(pipelines.items()) if value.fn.__module__ == module.__name__}
    names = sorted(own.values(), key=list(pipelines).index)
    if len(names) == 1:
        return pipelines[names[0]]
    if names:
        message = f"{path} holds {len(names)} pipelines: {', '.join(names)}"
        _fail("PG334", message, help=f"name one of them: {path}:{names[0]}")
    if pipelines:
        imported = next(iter(pipelines))
        help = f"imported ones are taken when they are named: {path}:{imported}"
        _fail("PG333", f"{path} defines no pipeline", help=help)
    _fail("PG333", f"{path} defines no pipeline", help="decorate a function with @pipeline")


def _named(module: ModuleType, path: str, name: str) -> Pipeline[..., Any]:
    """The pipeline bound to a name, or called so by its decorator."""
    found = vars(module).get(name)
    pipelines = {key: value for key, value in vars(module).items() if isinstance(value, Pipeline)}
    called = [value for value in pipelines.values() if value.name == name]
    if isinstance(found, Pipeline):
        return found
    if called:
        return called[0]
    import difflib

    close = difflib.get_close_matches(name, pipelines, n=1)
    if close:
        help = f"did you mean {path}:{close[0]}?"
    else:
        help = f"it has: {', '.join(pipelines)}" if pipelines else "decorate a function with @pipeline"
    if found is not None:
        _fail("PG335", f"{path}:{name} is not a pipeline but a {type(found).__name__}", help=help)
    _fail("PG335", f"{path} has no pipeline {name!r}", help=help)


# ---------------------------------------------------------------- JSON


def _read_json(path: Path) -> Loaded:
    text = _text(path)
    if (deep := _json_depth(text)) > _DEEPEST_JSON:
        _fail("PG172", f"{path} nests {deep} deep, more than any pipeline that pipeglot writes")
    try:
        data = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        _fail("PG336", f"{path} is not JSON: {error.msg}", ir.At(file=path.name, line=error.lineno))
    except ValueError as error:
        _fail("PG336", f"{path} is not JSON: {error}")
    if not isinstance(data, dict):
        _fail("PG336", f"{path} is not a pipeline: not a JSON object")
    if data.get("format") != ir.FORMAT:
        have = json.dumps(data["format"])[:80] if "format" in data else "none"
        _fail("PG337", f"{path} has the format {have}, not {ir.FORMAT!r}", help="write it with `pipeglot ir`")
    try:
        pipeline = border.read(ir.Pipeline, data)
    except ValueError as error:
        raise AuthoringError(_findings(path, border.wrong(error))) from None
    return Loaded(pipeline, [], Path(os.path.abspath(path)).parent)


def _json_depth(text: str) -> int:
    """How deep lists and objects nest, in one pass over the text.

    >>> _json_depth('{"a]": [1, [2]], "b": {}}')
    3
    """
    deepest = depth = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', text, re.DOTALL):
        if token[0] in ("[", "{"):
            depth += 1
            deepest = max(deepest, depth)
        elif token[0] in ("]", "}"):
            depth -= 1
    return deepest


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _findings(path: Path, errors: Sequence[Mapping[str, Any]]) -> list[Diagnostic]:
    """At most ten of pydantic's errors, each as one short line with where it is."""
    found = []
    for one in errors[:10]:
        where = ".".join(str(part) for part in one["loc"]) or "the pipeline"
        message = f"{path} is not a pipeline: {_short(where)}: {_short(one['msg'])}"
        found.append(Diagnostic("PG336", "error", message))
    if len(errors) > 10:
        found.append(Diagnostic("PG336", "error", f"{path} has {len(errors) - 10} more such errors"))
    return found


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 160 else f"{text[:100]}...{text[-57:]}"
