"""Where the calls of a pipeline stand in its author's file, or in native code, and the code of their functions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pipeglot.compare.model import CallSource
from pipeglot.core.ir import Call, Inlined, Pipeline
from pipeglot.core.shape import Shape


def step_code(pipeline: Pipeline) -> dict[str, str]:
    """The code of each call's step, by the id of the call; only of steps that stand in the author's file."""
    chunks = {name: chunk.text for chunk in pipeline.code for name in chunk.names if chunk.kind == "function"}
    steps = {
        step.name: chunks[step.run.name]
        for step in pipeline.steps
        if isinstance(step.run, Inlined) and step.run.name in chunks
    }
    return {call.id: steps[call.step] for call in _calls(pipeline) if call.step in steps}


def authored(pipeline: Pipeline) -> dict[str, CallSource]:
    """Where each call of a pipeline (without Includes) stands in its author's file."""
    code = step_code(pipeline)
    return {
        call.id: CallSource(file=call.at.file, line=call.at.line, text=f"{call.step}(...)", code=code.get(call.id, ""))
        for call in _calls(pipeline)
        if call.at is not None
    }


def native(file: Path, pipeline: Pipeline, tasks: Mapping[str, str]) -> dict[str, CallSource]:
    """Where the function of each call stands in a native Python file: one that is called as its task (`tasks`, ids of calls
    by the names of tasks), the call or its step is, or that a task of this name is made of. Nothing is run."""
    try:
        text = file.read_text(encoding="utf-8")
        tree = ast.parse(text)
    except (OSError, ValueError, SyntaxError):
        return {}
    lines = text.splitlines()
    functions = {
        _plain(node.name): node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    made = dict(_made(tree))
    found: dict[str, CallSource] = {}
    for call in _calls(pipeline):
        names = [*(task for task, id in tasks.items() if id == call.id), call.id, call.step]
        plain = [_plain(name) for name in names]
        told = next(
            (functions[one] for one in (*(made.get(one, one) for one in plain), *plain) if one in functions), None
        )
        if told is not None:
            first = min([told.lineno, *(decorator.lineno for decorator in told.decorator_list)])
            code = "\n".join(line[told.col_offset :] for line in lines[first - 1 : told.end_lineno])
            found[call.id] = CallSource(
                file=file.name, line=first, text=lines[told.lineno - 1].strip()[:200], code=code
            )
    return found


def _calls(pipeline: Pipeline) -> Iterable[Call]:
    yield from Shape(pipeline).calls
    if pipeline.final is not None:
        yield pipeline.final.call


def _made(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The names of tasks that are told as text (`PythonOperator(task_id="load", python_callable=fetch)`, `@task(name="load")`),
    and of the functions they are made of."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            told = {one.arg: one.value for one in node.keywords}
            name, function = told.get("task_id"), told.get("python_callable")
            if isinstance(name, ast.Constant) and isinstance(name.value, str) and isinstance(function, ast.Name):
                yield _plain(name.value), _plain(function.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                for one in decorator.keywords if isinstance(decorator, ast.Call) else ():
                    if one.arg in ("task_id", "name") and isinstance(one.value, ast.Constant):
                        yield _plain(str(one.value.value)), _plain(node.name)


def _plain(name: str) -> str:
    """A name as it is matched: without the groups before it, case and punctuation."""
    return re.sub(r"[\W_]", "", name.rpartition(".")[2]).lower()
