"""pipeglot: write a pipeline once, compile it to native orchestrator code, and prove that nothing changed."""

from pipeglot.core.author import Pipeline, pipeline, run
from pipeglot.core.blocks import Outcome, finally_, group
from pipeglot.core.branches import elsewhen, merge, otherwise, when
from pipeglot.core.conditions import all_, any_, is_in, not_
from pipeglot.core.declare import Cron, Every, Param
from pipeglot.core.diagnostic import AuthoringError, CompileError, Diagnostic, EngineError, PipeglotError
from pipeglot.core.ir import Resources
from pipeglot.core.loops import collect, each
from pipeglot.core.policies import continue_, external
from pipeglot.core.steps import Step, container, shell, step

__version__ = "0.1.0"

__all__ = [
    "AuthoringError",
    "CompileError",
    "Cron",
    "Diagnostic",
    "EngineError",
    "Every",
    "Outcome",
    "Param",
    "PipeglotError",
    "Pipeline",
    "Resources",
    "Step",
    "all_",
    "any_",
    "collect",
    "container",
    "continue_",
    "each",
    "elsewhen",
    "external",
    "finally_",
    "group",
    "is_in",
    "merge",
    "not_",
    "otherwise",
    "pipeline",
    "run",
    "shell",
    "step",
    "when",
]
