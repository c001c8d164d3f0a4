"""Steps made callable in this process: inlined source executed, modules imported, commands wrapped."""

from __future__ import annotations

import importlib
import itertools
import linecache
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

from pipeglot.core.compat import assert_never
from pipeglot.core.diagnostic import AuthoringError, Diagnostic, EngineError
from pipeglot.core.ir import Call, Container, Imported, Inlined, Json, Pipeline, Shell, Step, walk
from pipeglot.meaning.boundary import json_io
from pipeglot.meaning.commands import run_command
from pipeglot.meaning.words import container_words, shell_words

Function: TypeAlias = Callable[..., Json]
"""A step that takes and gives JSON; raises whatever its attempt fails with."""

_numbers = itertools.count(1)


@contextmanager
def loaded(pipeline: Pipeline, path: Sequence[str | Path] = ()) -> Iterator[dict[str, Function]]:
    """The steps that the pipeline's calls name, ready to be called while the context lasts.

    `path` entries stand first on `sys.path` meanwhile. Raises AuthoringError when the pipeline's own source
    or a module cannot be loaded, and EngineError when a program that a step needs is not there.
    """
    calls = [node for node in walk(pipeline.body) if isinstance(node, Call)]
    calls += [pipeline.final.call] if pipeline.final else []
    used = {call.step for call in calls}
    steps = [step for step in pipeline.steps if step.name in used]
    entries = [str(Path(entry).absolute()) for entry in path]
    sys.path[:0] = entries
    importlib.invalidate_caches()
    module: ModuleType | None = None
    try:
        _need_programs(steps)
        if any(isinstance(step.run, Inlined) for step in steps):
            module = _module(pipeline)
        yield _functions(steps, module, _variables(calls))
    finally:
        for entry in entries:
            sys.path.remove(entry)
        vars(json_io).pop("types", None)  # they keep the functions, and these the module
        if module is not None:
            sys.modules.pop(module.__name__, None)
            linecache.cache.pop(str(module.__file__), None)


def _module(pipeline: Pipeline) -> ModuleType:
    """A fresh module with the pipeline's code, in `sys.modules` so that pickling and type hints work."""
    number = next(_numbers)
    name, file = f"_pipeglot_steps_{number}", f"<steps {number} of {pipeline.name!r}>"
    text = "\n\n".join(chunk.text.rstrip("\n") for chunk in pipeline.code) + "\n"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    module = ModuleType(name)
    module.__file__ = file
    sys.modules[name] = module
    try:
        exec(compile(text, file, "exec", dont_inherit=True), module.__dict__)
    except Exception as error:
        del sys.modules[name]
        message = f"the source of {pipeline.name!r} cannot be loaded: {type(error).__name__}: {error}"
        raise AuthoringError([Diagnostic("PG354", "error", message, pipeline.at)]) from error
    return module


def _variables(calls: Sequence[Call]) -> dict[str, list[str]]:
    """The variables that hold secrets, by step."""
    found: dict[str, list[str]] = {}
    for call in calls:
        found.setdefault(call.step, []).extend(secret.env for secret in call.policy.secrets)
    return {step: list(dict.fromkeys(names)) for step, names in found.items()}


def _functions(
    steps: Sequence[Step], module: ModuleType | None, secrets: Mapping[str, Sequence[str]]
) -> dict[str, Function]:
    functions: dict[str, Function] = {}
    wrong: list[Diagnostic] = []
    for step in steps:
        try:
            functions[step.name] = _function(step, module, secrets[step.name])
        except Exception as error:
            message = f"step {step.name!r} cannot be loaded: {type(error).__name__}: {error}"
            wrong.append(Diagnostic("PG355", "error", message, step.at))
    if wrong:
        raise AuthoringError(wrong)
    return functions


def _function(step: Step, module: ModuleType | None, secrets: Sequence[str]) -> Function:
    match step.run:
        case Inlined(name=name):
            return json_io(getattr(module, name))
        case Imported(module=source, attr=attr):
            found: Any = importlib.import_module(source)
            return json_io(reduce(getattr, attr.split("."), found))
        case Shell(script=script):
            return _command(lambda given: shell_words(script))
        case Container(image=image, command=command):
            return _command(lambda given: container_words(image, command, [*given, *secrets]))
        case _:
            assert_never(step.run)


def _command(words: Callable[[dict[str, Any]], list[str]]) -> Function:
    return lambda **given: run_command(words(given), given)


def _need_programs(steps: Sequence[Step]) -> None:
    wrong: list[Diagnostic] = []
    for program, kind in (("bash", Shell), ("docker", Container)):
        users = [step for step in steps if isinstance(step.run, kind)]
        if users and shutil.which(program) is None:
            names = ", ".join(repr(step.name) for step in users)
            message = f"{program} is not on PATH, and these steps need it: {names}"
            wrong.append(Diagnostic("PG356", "error", message, users[0].at))
    if wrong:
        raise EngineError(wrong)
