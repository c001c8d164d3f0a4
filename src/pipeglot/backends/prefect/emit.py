"""A pipeline as the files of a Prefect project."""

from __future__ import annotations

from collections import ChainMap

from pipeglot.backends.base import Compiled
from pipeglot.backends.frame import render_frame
from pipeglot.backends.python import STANDARD, author_code, boundary_code
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Call, Ctx, Param, Pipeline, parts
from pipeglot.core.pysource import Atom, Bracket, Code, Entry, Imports, call, flat, identifier, literal, statement
from pipeglot.core.shape import Shape, inline, inputs, outputs, sources

from .certain import Types
from .deployment import deployment
from .flow import Flow, Place
from .helpers import HELPERS, NEEDS
from .naming import name_tasks
from .signature import annotation
from .tasks import Module, Tasks

_NOT_IN_NAMES = set("/%&><")


def emit(pipeline: Pipeline) -> Compiled:
    """The files, and what there is to say about them."""
    pipeline = inline(pipeline)
    shape = Shape(pipeline)
    types, naming = Types(shape), name_tasks(shape)
    imports = Imports()
    author = author_code(pipeline, imports)
    used = {call.step for call in shape.calls}
    if pipeline.final is not None:
        used.add(pipeline.final.call.step)
    boundary = boundary_code([step for step in pipeline.steps if step.name in used], imports)
    module = Module(pipeline, author, imports)
    tasks = Tasks(module, shape, types, naming)
    flow = Flow(module, shape, types, tasks)
    place = Place(4, ChainMap(), ChainMap())
    flow.start(place)
    flow.body(pipeline.body, place)
    flow.end(place)
    stem = identifier(pipeline.name)
    found = deployment(pipeline, stem, module.flow)
    diagnostics = [*author.diagnostics, *_parameters(pipeline.params), *found.diagnostics]
    for id, name in naming.task.items():
        if name != id and isinstance(shape.nodes.get(id), Call):
            message = f"the task of {id!r} is called {name!r}: its own name reads like an item of a loop"
            diagnostics.append(Diagnostic("PG246", "note", message, shape.nodes[id].at, target="prefect"))
    diagnostics += found_timeouts(pipeline, shape)
    if any(d.severity == "error" for d in diagnostics):
        return Compiled("prefect", {}, tuple(diagnostics))
    head = _head(pipeline, module, found.flow_options)
    helpers = [HELPERS[name].strip("\n") for name in HELPERS if name in module.helpers]
    for name in sorted(module.helpers):
        for need in NEEDS.get(name, ()):
            module.use(need)
    sections = [author.text, found.constants, boundary, *helpers, *(task.source for task in tasks.written)]
    text = render_frame(
        "prefect.py.j2",
        docstring=Code(f'"""{_title(pipeline)}"""'),
        header=Code(f"# Made by pipeglot from pipeline {identifier(pipeline.name)}, digest {pipeline.digest()}."),
        imports=Code(imports.text(STANDARD)),
        code=Code("\n\n\n".join(section for section in sections if section)),
        flow=Code("\n".join([head, *flow.lines])),
        main=Code(f'if __name__ == "__main__":\n    {module.flow}()'),
    )
    return Compiled("prefect", {f"{stem}.py": text, **found.files}, tuple(diagnostics), naming.node)
