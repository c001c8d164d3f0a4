"""A pipeline as the files of a Prefect project."""

from __future__ import annotations

import keyword
from typing import Any

from pipeglot.backends.base import Compiled
from pipeglot.codegen.frame import render_frame
from pipeglot.codegen.pod import listed
from pipeglot.codegen.pysource import (
    Atom,
    Bracket,
    Code,
    Doc,
    Entry,
    Imports,
    call,
    identifier,
    literal,
    statement,
)
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
from pipeglot.core.ir import Call, Pipeline
from pipeglot.core.secrets import calls_with_secrets
from pipeglot.core.shape import Shape, inline

from .certain import Types
from .deployment import deployment_file, losses, options
from .flow import Flow, filled
from .helpers import HELPERS, NEEDS
from .naming import name_tasks
from .signature import parameter
from .tasks import Module, Tasks, docstring, is_plain

_REFUSED_PARAMETERS = frozenset({"wait_for", "return_state", "self", "cls", "model_config"})


def emit(pipeline: Pipeline) -> Compiled:
    """The files, and what there is to say about them."""
    pipeline = inline(pipeline)
    stem, name = module_stem(pipeline), _flow_name(pipeline)
    shape = Shape(pipeline)
    types, naming, imports = Types(shape), name_tasks(shape), Imports()
    author = author_code(pipeline, imports)
    diagnostics = [*author.diagnostics, *_findings(pipeline, shape), *losses(pipeline)]
    if any(d.severity == "error" for d in diagnostics):
        return Compiled("prefect", {}, f"{stem}.py", name, tuple(diagnostics))
    calls = [*shape.calls, *([pipeline.final.call] if pipeline.final else [])]
    steps = {call.step for call in calls}
    boundary = boundary_code([step for step in pipeline.steps if step.name in steps], imports)
    module = Module(pipeline, author, imports)
    tasks = Tasks(module, shape, types, naming)
    constants, head = _head(pipeline, module)
    flow = Flow(module, shape, types, tasks)
    flow.write()
    for helper in sorted(module.helpers):
        for need in NEEDS.get(helper, ()):
            module.use(need)
    helpers = [module.helper(each) for each in HELPERS if each in module.helpers]
    generated = [*constants, boundary, *helpers, *tasks.sources()]
    sections = [
        author.text,
        author.hidden.again(generated),
        *(author.hidden.immune(part, imports) for part in generated),
    ]
    own = author.hidden.within({param.name for param in pipeline.params})
    main = own.immune("\n".join([head, *filled(flow.lines)]), imports)
    startable = not any(param.required for param in pipeline.params)
    text = render_frame(
        "prefect.py.j2",
        docstring=Code(f'"""{_title(pipeline)}"""'),
        header=header(pipeline),
        imports=Code(imports.text(STANDARD)),
        code=spaced([*sections, main]),
        start=Code(f'\n\nif __name__ == "__main__":\n    {module.flow}()\n' if startable else ""),
    )
    files = {f"{stem}.py": text, "prefect.yaml": deployment_file(pipeline, stem, f"{stem}.py:{module.flow}")}
    return Compiled("prefect", files, f"{stem}.py", name, tuple(diagnostics), naming.node, plan=naming)


def _title(pipeline: Pipeline) -> str:
    """The first line of the description where it can stand in a docstring, else a plain sentence."""
    first = pipeline.description.strip().partition("\n")[0].strip()
    if first and len(first) <= 80 and first.isprintable() and not any(char in first for char in '\\"'):
        return first
    return f"The pipeline {identifier(pipeline.name)} as a Prefect flow."


def _head(pipeline: Pipeline, module: Module) -> tuple[list[Code], str]:
    """The flow's decorator, signature and docstring; default lists and dicts are constants of the file."""
    constants: list[Code] = []
    entries: list[Entry] = []
    for param in sorted(pipeline.params, key=lambda param: not param.required):
        default: Doc = literal(param.default)
        if isinstance(param.default, list | dict):
            name = module.name(("default", param.name), f"DEFAULT_{param.name.upper()}")
            kind = "list" if isinstance(param.default, list) else "dict"
            many = module.use("Any") if kind == "list" else f"str, {module.use('Any')}"
            constants.append(Code(statement(f"{name}: {kind}[{many}] = ", default)))
            default = Atom(name)
        entries.append(parameter(param, None if param.required else default, module.use))
    given: dict[str, Any] = {"name": _flow_name(pipeline)}
    told = [param for param in pipeline.params if is_plain(param.description)]
    doc = docstring(pipeline.description)
    if told:
        # Prefect takes the descriptions of parameters from there.
        lines = [f'"""{_title(pipeline)}', "", "Args:", *(f"    {p.name}: {p.description}" for p in told), '"""']
        doc = [f"    {line}".rstrip() for line in lines]
    if pipeline.description and (told or not doc):
        given["description"] = pipeline.description
    if pipeline.run_timeout is not None:
        given["timeout_seconds"] = pipeline.run_timeout
    given.update(options(pipeline)[0])
    decorator = statement("@", call(module.use("flow"), **given))
    head = statement("", Bracket(f"def {module.flow}(", tuple(entries), ")"), ":")
    return constants, "\n".join([decorator, head, *doc])


def _flow_name(pipeline: Pipeline) -> str:
    """Prefect refuses `/ % & > <`, and sends the name in an HTTP header: no control character, no space around."""
    kept = "".join(char if char.isprintable() and char not in "/%&><" else "-" for char in pipeline.name)
    return kept.strip() or "flow"


def _findings(pipeline: Pipeline, shape: Shape) -> list[Diagnostic]:
    found = [*packages_note(pipeline, "prefect"), *group_notes(pipeline, "prefect")]
    found += deaf_to_time_limits(pipeline, "prefect")
    for param in pipeline.params:
        if param.description and not is_plain(param.description):
            message = f"the description of the parameter {param.name!r} is no single line, and Prefect shows none"
            found.append(Diagnostic("PG205", "note", message, param.at, target="prefect"))
    for param in pipeline.params:
        taken = param.name in _REFUSED_PARAMETERS or param.name.startswith("_")
        if taken or keyword.iskeyword(param.name):
            message = f"a flow cannot have a parameter {param.name!r}: the name is taken"
            found.append(Diagnostic("PG200", "error", message, param.at, "rename the parameter", "prefect"))
    found += options(pipeline)[2]
    if _flow_name(pipeline) != pipeline.name:
        message = f"the flow is called {_flow_name(pipeline)!r}: Prefect takes no / % & > <, control or outer space"
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
        message = "the time limit of the run stops the flow; tasks at work go on until they return"
        found.append(Diagnostic("PG213", "warning", message, pipeline.at, target="prefect"))
    return found
