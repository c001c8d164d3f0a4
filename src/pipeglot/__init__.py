"""pipeglot: write a pipeline once, compile it to native orchestrator code, and prove that nothing changed.

The names are imported when they are first asked for: the command line starts at once, and can be interrupted from its
first moment on.
"""

TYPE_CHECKING = False  # as type checkers know it, without the import of `typing`
if TYPE_CHECKING:
    from pipeglot.api import check, compile, dry_run, run
    from pipeglot.author.blocks import Outcome, finally_, group
    from pipeglot.author.branches import elsewhen, merge, otherwise, when
    from pipeglot.author.conditions import all_, any_, is_in, not_
    from pipeglot.author.declaration import Cron, Every, Param
    from pipeglot.author.loops import collect, each
    from pipeglot.author.pipeline import Pipeline, pipeline
    from pipeglot.author.policies import continue_, external
    from pipeglot.author.steps import Step, container, shell, step
    from pipeglot.backends.base import Compiled
    from pipeglot.compare.model import Report
    from pipeglot.core.diagnostic import AuthoringError, CompileError, Diagnostic, EngineError, PipeglotError
    from pipeglot.core.ir import Resources
    from pipeglot.core.record import Record
    from pipeglot.core.version import __version__ as __version__

__all__ = [
    "AuthoringError",
    "CompileError",
    "Compiled",
    "Cron",
    "Diagnostic",
    "EngineError",
    "Every",
    "Outcome",
    "Param",
    "PipeglotError",
    "Pipeline",
    "Record",
    "Report",
    "Resources",
    "Step",
    "all_",
    "any_",
    "check",
    "collect",
    "compile",
    "container",
    "continue_",
    "dry_run",
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

_HOME = {
    "api": ("check", "compile", "dry_run", "run"),
    "author.blocks": ("Outcome", "finally_", "group"),
    "author.branches": ("elsewhen", "merge", "otherwise", "when"),
    "author.conditions": ("all_", "any_", "is_in", "not_"),
    "author.declaration": ("Cron", "Every", "Param"),
    "author.loops": ("collect", "each"),
    "author.pipeline": ("Pipeline", "pipeline"),
    "author.policies": ("continue_", "external"),
    "author.steps": ("Step", "container", "shell", "step"),
    "backends.base": ("Compiled",),
    "compare.model": ("Report",),
    "core.diagnostic": ("AuthoringError", "CompileError", "Diagnostic", "EngineError", "PipeglotError"),
    "core.ir": ("Resources",),
    "core.record": ("Record",),
    "core.version": ("__version__",),
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    for module, names in _HOME.items():
        if name in names:
            found: object = getattr(import_module(f"{__name__}.{module}"), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
