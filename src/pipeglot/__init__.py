"""pipeglot: write a pipeline once, compile it to native orchestrator code, and prove that nothing changed."""

from pipeglot.core.author import Cron, Every, Param, Pipeline, pipeline, run
from pipeglot.core.blocks import (
    Outcome,
    all_,
    any_,
    collect,
    each,
    elsewhen,
    finally_,
    group,
    is_in,
    merge,
    not_,
    otherwise,
    when,
)
from pipeglot.core.diagnostic import AuthoringError, CompileError, Diagnostic, EngineError, PipeglotError
from pipeglot.core.steps import Step, container, continue_, shell, step

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
    "Step",
    "all_",
    "any_",
    "collect",
    "container",
    "continue_",
    "each",
    "elsewhen",
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
