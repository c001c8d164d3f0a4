"""The target `airflow` (3.x): one DAG file, `<pipeline>.py`."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from pipeglot.backends.airflow.emit import Emitter
from pipeglot.backends.airflow.lower import TaskIds, lower
from pipeglot.backends.airflow.observe import observe
from pipeglot.backends.airflow.plan import Plan
from pipeglot.backends.airflow.settings import dag_arguments, diagnose, options, say
from pipeglot.backends.airflow.support import SUPPORT
from pipeglot.backends.base import Compiled, EngineRun, Support
from pipeglot.backends.frame import render_frame
from pipeglot.backends.python import STANDARD, author_code, boundary_code
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Pipeline
from pipeglot.core.pysource import Code, Imports, call, identifier, statement, string
from pipeglot.core.record import CallRecord
from pipeglot.core.shape import Shape, inline


class Airflow:
    """The backend; see `pipeglot.backends.base.Backend`."""

    target = "airflow"
    support: Mapping[str, Support] = SUPPORT

    def compile(self, pipeline: Pipeline) -> Compiled:
        """One DAG file."""
        digest = pipeline.digest()
        pipeline = inline(pipeline)
        plan = lower(pipeline)
        calls = {call.id: call for call in Shape(pipeline).calls}
        if pipeline.final is not None:
            calls[pipeline.final.call.id] = pipeline.final.call
        settings = options(pipeline, calls)
        imports = Imports()
        author = author_code(pipeline, imports)
        diagnostics = [*author.diagnostics, *settings.diagnostics, *diagnose(pipeline)]
        dag_id = TaskIds()(pipeline.name)
        emitter = Emitter(pipeline, plan, author, imports, settings)
        arguments = dag_arguments(pipeline, dag_id, emitter.engine, settings)
        dag = call(emitter.engine("airflow.sdk", "DAG"), **arguments)
        functions = emitter.functions()
        wiring = emitter.wiring()
        parts = [*functions, "\n".join(wiring).lstrip("\n")] if wiring else functions
        body = ("\n" if functions else "") + ("\n\n".join(parts) or "    pass")
        boundary = boundary_code(_used_steps(pipeline), imports)
        code = [author.text, boundary, *emitter.helpers.values()]
        text = render_frame(
            "airflow.py.j2",
            docstring=Code(f'"""{_docstring(pipeline)}"""'),
            header=Code(f"# Made by pipeglot from pipeline {string(pipeline.name)}, digest {digest}."),
            imports=Code(imports.text(STANDARD)),
            code=[part for part in code if part],
            dag=Code(statement("with ", dag, " as dag:")),
            body=Code(body),
        )
        names = {task.id: task.node for task in _all(plan) if task.node}
        for renamed in (task for task in _all(plan) if task.node in calls):
            if renamed.id != renamed.node and identifier(renamed.id) and not _helper(renamed):
                message = f"the call {renamed.node!r} becomes the task {renamed.id!r}"
                diagnostics.append(say("PG220", "note", message, calls[renamed.node].at))
        if any(d.severity == "error" for d in diagnostics):
            return Compiled(self.target, {}, tuple(diagnostics), names)
        return Compiled(self.target, {f"{identifier(pipeline.name)}.py": text}, tuple(diagnostics), names)

    def observe(self, pipeline: Pipeline, run: EngineRun) -> Sequence[CallRecord]:
        """The call instances Airflow recorded."""
        return observe(pipeline, run)


def _all(plan: Plan) -> list:
    return [*plan.tasks.values(), *([plan.final] if plan.final else [])]


def _helper(task) -> bool:
    from pipeglot.backends.airflow.plan import Step

    return not isinstance(task.work, Step)


def _used_steps(pipeline: Pipeline) -> list:
    return list(pipeline.steps)


def _docstring(pipeline: Pipeline) -> str:
    """The first paragraph of the description, when it can stand in a docstring as it is."""
    first = pipeline.description.strip().split("\n\n")[0]
    if first and first.replace("\n", " ").isprintable() and not any(c in first for c in '"\\'):
        lines = textwrap.wrap(first, 82)
        return "\n".join(lines) + ("\n" if len(lines) > 1 else "")
    return f"The pipeline {identifier(pipeline.name)}."


BACKEND = Airflow()

__all__ = ["BACKEND", "Airflow", "Diagnostic"]
