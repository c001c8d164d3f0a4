"""A pipeline as the files of a Prefect project."""

from __future__ import annotations

from pipeglot.backends import TARGETS
from pipeglot.backends.base import Compiled
from pipeglot.codegen.code import joined
from pipeglot.codegen.docstrings import title
from pipeglot.codegen.frame import framed
from pipeglot.codegen.names import Imports
from pipeglot.codegen.origin import Origins
from pipeglot.codegen.python import (
    STANDARD,
    author_code,
    boundary_code,
    header,
    module_stem,
    spaced,
)
from pipeglot.core.inference import Types
from pipeglot.core.ir import Pipeline
from pipeglot.core.shape import Shape, inline

from .analysis import Analysis
from .deployment import deployment_file, options
from .findings import findings
from .lower import lower
from .module import PrefectModule
from .naming import name_tasks
from .signature import constants, flow_name, head
from .statements import FlowPrinter
from .tasks import TaskPrinter


def emit(pipeline: Pipeline) -> Compiled:
    """The files, and what there is to say about them."""
    pipeline = inline(pipeline)
    stem, name = module_stem(pipeline, TARGETS), flow_name(pipeline)
    shape = Shape(pipeline)
    naming, imports = name_tasks(shape), Imports()
    author = author_code(pipeline, imports)
    diagnostics = (*author.diagnostics, *findings(pipeline, shape))
    if any(d.severity == "error" for d in diagnostics):
        return Compiled("prefect", {}, f"{stem}.py", name, diagnostics)
    analysis, module = Analysis(shape, Types(shape)), PrefectModule(pipeline, author, imports)
    boundary = boundary_code([step for step in pipeline.steps if step.name in analysis.uses], imports)
    plan = lower(analysis, module, naming)
    tasks = TaskPrinter(module, analysis).sources(plan.tasks)
    printer = FlowPrinter(module, shape)
    printer.flow(plan)
    flow = joined([head(module, plan, options(pipeline)[0]), *printer.lines]).of("")
    generated = [*constants(module, plan), boundary, *module.helpers(), *tasks]
    sections = [
        author.text,
        author.hidden.again(generated),
        *(author.hidden.immune(part, imports) for part in generated),
    ]
    main = author.hidden.within({param.name for param in pipeline.params}).immune(flow, imports)
    startable = not any(param.required for param in pipeline.params)
    text = framed(
        title(pipeline, "a Prefect flow"),
        header(pipeline),
        imports.text(STANDARD),
        spaced([*sections, main]),
        start=f"{module.flow}()" if startable else "",
    )
    files = {f"{stem}.py": text, "prefect.yaml": deployment_file(pipeline, stem, f"{stem}.py:{module.flow}")}
    helpers = tuple(task.label for task in plan.tasks if task.work is None)
    made_of = Origins(files, pipeline)
    return Compiled("prefect", files, f"{stem}.py", name, diagnostics, naming.node, made_of, naming, helpers=helpers)
