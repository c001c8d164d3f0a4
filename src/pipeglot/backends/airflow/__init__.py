"""The target `airflow` (3.x): one DAG file, `<pipeline>.py`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

from pipeglot.backends import TARGETS
from pipeglot.backends.airflow.builder import TaskIds
from pipeglot.backends.airflow.emit import functions
from pipeglot.backends.airflow.engine import ENGINE
from pipeglot.backends.airflow.lower import lower
from pipeglot.backends.airflow.naming import Naming
from pipeglot.backends.airflow.plan import Plan, Step
from pipeglot.backends.airflow.settings import dag, diagnose, say, task_options
from pipeglot.backends.airflow.support import SUPPORT
from pipeglot.backends.airflow.wiring import Wiring
from pipeglot.backends.base import Backend, Compiled, observed_by
from pipeglot.codegen.code import joined
from pipeglot.codegen.frame import framed
from pipeglot.codegen.names import Imports, identifier
from pipeglot.codegen.origin import Origins
from pipeglot.codegen.pysource import statement
from pipeglot.codegen.python import STANDARD, author_code, boundary_code, header, module_stem, spaced
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Call, Pipeline
from pipeglot.core.shape import Shape, inline


def emit(pipeline: Pipeline) -> Compiled:
    """One DAG file."""
    made_from = header(pipeline)
    pipeline = inline(pipeline)
    plan = lower(pipeline)
    calls = {call.id: call for call in Shape(pipeline).calls}
    if pipeline.final is not None:
        calls[pipeline.final.call.id] = pipeline.final.call
    told = task_options(pipeline, calls)
    imports = Imports()
    author = author_code(pipeline, imports)
    naming = Naming(pipeline, plan, author, imports)
    dag_id = TaskIds()(pipeline.name)
    made = dag(pipeline, dag_id, naming.engine, told)
    defined = functions(naming, told)
    wired = Wiring(naming).lines()
    wired = wired[wired[:1] == [""] :]
    body = joined([*defined, joined(wired)] if wired else defined, "\n\n") or "    pass"
    opened = statement("with ", made, f" as {naming.dag}:").of("") + ("\n" if defined else "")
    boundary = boundary_code(pipeline.steps, imports)
    parts = [boundary, *naming.helpers.values(), opened + "\n" + body]
    generated = [author.hidden.immune(part, imports) for part in parts]
    text = framed(
        _docstring(pipeline),
        made_from,
        imports.text(STANDARD),
        spaced([author.text, author.hidden.again(parts), *generated]),
        start=f"{naming.dag}.test()",
    )
    diagnostics = (*author.diagnostics, *told.diagnostics, *diagnose(pipeline), *_renamed(plan, calls))
    entry = f"{module_stem(pipeline, TARGETS)}.py"
    names = {task.id: task.node for task in plan.all() if task.node}
    helpers = tuple(task.id for task in plan.all() if not task.node)
    files = {} if any(d.severity == "error" for d in diagnostics) else {entry: text}
    return Compiled(
        "airflow", files, entry, dag_id, diagnostics, names, Origins(files, pipeline), plan, helpers=helpers
    )


def _renamed(plan: Plan, calls: Mapping[str, Call]) -> Iterator[Diagnostic]:
    for task in plan.all():
        if isinstance(task.work, Step) and task.id != task.node:
            message = f"the call {task.node!r} becomes the Airflow task {task.id!r}"
            yield say("PG207", "note", message, calls[task.node].at)


def _docstring(pipeline: Pipeline) -> str:
    """The first paragraph of the description, when it can stand in a docstring as it is."""
    first = pipeline.description.strip().split("\n\n")[0]
    if first and first.replace("\n", " ").isprintable() and not any(c in first for c in '"\\'):
        lines = textwrap.wrap(first, 82)
        return "\n".join(lines) + ("\n" if len(lines) > 1 else "")
    return f"The pipeline {identifier(pipeline.name)}."


BACKEND = Backend(
    "airflow", lambda pipeline, _: emit(pipeline), observed_by(f"{__name__}.observe"), SUPPORT, engine=ENGINE
)
