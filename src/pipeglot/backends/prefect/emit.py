"""A pipeline as the files of a Prefect project."""

from __future__ import annotations

import keyword

from pipeglot.backends import TARGETS
from pipeglot.backends.base import Compiled
from pipeglot.codegen.code import Code, joined
from pipeglot.codegen.docstrings import is_plain, title
from pipeglot.codegen.frame import render_frame
from pipeglot.codegen.names import Imports
from pipeglot.codegen.origin import origins
from pipeglot.codegen.pod import listed
from pipeglot.codegen.python import (
    STANDARD,
    author_code,
    boundary_code,
    deaf_to_time_limits,
    group_notes,
    header,
    module_stem,
    packages_note,
    spaced,
)
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.inference import Types
from pipeglot.core.ir import Call, Pipeline
from pipeglot.core.secrets import calls_with_secrets
from pipeglot.core.shape import Shape, inline

from .analysis import Analysis
from .deployment import deployment_file, losses, options
from .lower import lower
from .module import PrefectModule
from .naming import name_tasks
from .signature import constants, flow_name, head
from .statements import FlowPrinter
from .tasks import TaskPrinter

_REFUSED_PARAMETERS = frozenset({"wait_for", "return_state", "self", "cls", "model_config"})


def emit(pipeline: Pipeline) -> Compiled:
    """The files, and what there is to say about them."""
    pipeline = inline(pipeline)
    stem, name = module_stem(pipeline, TARGETS), flow_name(pipeline)
    shape = Shape(pipeline)
    naming, imports = name_tasks(shape), Imports()
    author = author_code(pipeline, imports)
    diagnostics = [*author.diagnostics, *_findings(pipeline, shape), *losses(pipeline)]
    if any(d.severity == "error" for d in diagnostics):
        return Compiled("prefect", {}, f"{stem}.py", name, tuple(diagnostics))
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
    text = render_frame(
        "prefect.py.j2",
        docstring=Code(f'"""{title(pipeline, "a Prefect flow")}"""'),
        header=header(pipeline),
        imports=Code(imports.text(STANDARD)),
        code=spaced([*sections, main]),
        start=Code(f'\n\nif __name__ == "__main__":\n    {module.flow}()\n' if startable else ""),
    )
    files = {f"{stem}.py": text, "prefect.yaml": deployment_file(pipeline, stem, f"{stem}.py:{module.flow}")}
    told = tuple(diagnostics)
    return Compiled("prefect", files, f"{stem}.py", name, told, naming.node, origins(files, pipeline), naming)


def _findings(pipeline: Pipeline, shape: Shape) -> list[Diagnostic]:
    found = [*packages_note(pipeline, "prefect"), *group_notes(pipeline, "prefect")]
    found += deaf_to_time_limits(pipeline, "prefect")
    for param in pipeline.params:
        if param.description and not is_plain(param.description):
            message = f"the description of the parameter {param.name!r} is not a single line, and Prefect shows none"
            found.append(Diagnostic("PG205", "note", message, param.at, target="prefect"))
    for param in pipeline.params:
        taken = param.name in _REFUSED_PARAMETERS or param.name.startswith("_")
        if taken or keyword.iskeyword(param.name):
            message = f"a flow cannot have a parameter {param.name!r}: the name is taken"
            found.append(Diagnostic("PG200", "error", message, param.at, "rename the parameter", "prefect"))
    found += options(pipeline)[2]
    if flow_name(pipeline) != pipeline.name:
        message = f"the flow is called {flow_name(pipeline)!r}: Prefect allows no / % & > <, control characters or leading or trailing whitespace"
        found.append(Diagnostic("PG207", "note", message, pipeline.at, target="prefect"))
    for node in shape.nodes.values():
        if isinstance(node, Call) and node.policy.timeout is not None:
            message = f"{node.id!r} runs in a thread: work that blocks fails its time limit only when it returns"
            way_out = "give the step's own I/O a time limit too"
            found.append(Diagnostic("PG213", "warning", message, node.at, way_out, "prefect"))
        if isinstance(node, Call) and node.policy.resources is not None:
            message = f"Prefect runs {node.id!r} in the pod of its flow run, and cannot ask for resources per task"
            way_out = "give the work pool's job template what the largest task needs, and allow the loss with PG211"
            found.append(Diagnostic("PG211", "loss", message, node.at, way_out, "prefect"))
    for node in calls_with_secrets(pipeline):
        message = f"{node.id!r} reads secrets from the environment of its flow run: {listed(node.policy.secrets)}"
        way_out = (
            "set them in the job template of the work pool, from your secret store or a Secret block; in prefect.yaml,"
            " deploying would write the value of a block into the deployment"
        )
        found.append(Diagnostic("PG208", "note", message, node.at, way_out, "prefect"))
    if pipeline.run_timeout is not None:
        message = "the time limit of the run stops the flow; running tasks continue until they return"
        found.append(Diagnostic("PG213", "warning", message, pipeline.at, target="prefect"))
    return found
