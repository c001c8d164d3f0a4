"""What pipeglot has to say about a pipeline: coded, placed, with a way out; and the table of all codes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from pipeglot.core.dataclass import dataclass, replace
from pipeglot.core.ir import At

Severity: TypeAlias = Literal["error", "loss", "warning", "note"]
"""`loss`: a difference in meaning the target cannot avoid; it stops a compile unless its code is allowed."""


@dataclass(frozen=True)
class Diagnostic:
    """One finding.

    Attributes:
        code: `PG` and three digits; `CODES` has the title of each.
        severity: `error`, `loss`, `warning` or `note`.
        message: what is wrong, in the author's words.
        at: the place in the author's file, if any.
        help: what to do; may be empty.
        target: the backend it speaks of, if any.

    >>> Diagnostic("PG214", "loss", "no catch-up", target="prefect").target
    'prefect'
    """

    code: str
    severity: Severity
    message: str
    at: At | None = None
    help: str = ""
    target: str | None = None


class PipeglotError(Exception):
    """Raised with every diagnostic of a failed operation, never with the first one only.

    >>> PipeglotError([Diagnostic("PG201", "error", "there is no target 'x'")]).diagnostics[0].code
    'PG201'
    """

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(f"{d.code} {d.message}" for d in self.diagnostics))


class AuthoringError(PipeglotError):
    """The author's pipeline cannot be traced or is invalid.

    >>> from pipeglot import pipeline
    >>> @pipeline
    ... def wrong(limit: int = "three") -> None: ...  # type: ignore[assignment]
    >>> try:
    ...     wrong.ir()
    ... except AuthoringError as error:
    ...     print(error.diagnostics[0].code)
    PG185
    """


class CompileError(PipeglotError):
    """A target refuses the pipeline.

    >>> from pipeglot import compile, pipeline
    >>> @pipeline
    ... def nothing() -> None: ...
    >>> try:
    ...     compile(nothing, "kfp")
    ... except CompileError as error:
    ...     print(error.diagnostics[0].code, error.diagnostics[0].target)
    PG280 kfp
    """


class EngineError(PipeglotError):
    """An engine could not be found, installed or run (exit code 3).

    >>> from pipeglot import pipeline, run
    >>> @pipeline
    ... def nothing() -> None: ...
    >>> try:
    ...     run(nothing, on="cron")
    ... except EngineError as error:
    ...     print(error.diagnostics[0].code)
    PG300
    """


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The way out of a name that is none of those known.

    >>> did_you_mean("pol", ["pool", "queue"]), did_you_mean("x", ["pool", "queue"])
    ("did you mean 'pool'?", 'known: pool, queue')
    """
    import difflib  # when something is misspelt

    close = difflib.get_close_matches(name, sorted(known), 1)
    return f"did you mean {close[0]!r}?" if close else "known: " + ", ".join(sorted(known))


def blocking(diagnostics: Iterable[Diagnostic], allow: Iterable[str] = ()) -> list[Diagnostic]:
    """Those that stop a compile: errors, and losses whose code is not allowed.

    >>> loss = Diagnostic("PG201", "loss", "no catch-up")
    >>> blocking([loss], allow=["PG201"])
    []
    """
    allowed = frozenset(allow)
    return [d for d in diagnostics if d.severity == "error" or (d.severity == "loss" and d.code not in allowed)]


def accept(diagnostics: Iterable[Diagnostic], allow: Iterable[str]) -> list[Diagnostic]:
    """The same diagnostics with allowed losses lowered to notes: accepted, still named."""
    allowed = frozenset(allow)
    return [replace(d, severity="note") if d.severity == "loss" and d.code in allowed else d for d in diagnostics]


CODES: dict[str, str] = {
    # 100-149: writing a pipeline
    "PG100": "this works only while a pipeline is traced",
    "PG101": "Python cannot branch or loop on a run-time value",
    "PG102": "an unsupported operation on a run-time value",
    "PG103": "text made of run-time values was changed",
    "PG104": "a run-time value cannot be changed",
    "PG105": "no such field",
    "PG106": "a method or attribute of a run-time value",
    "PG110": "a value is used outside its block",
    "PG111": "a function is passed instead of its result",
    "PG112": "an argument does not fit the step",
    "PG113": "a constant that JSON cannot represent",
    "PG114": "a function that cannot be a step or a pipeline",
    "PG115": "an annotation that cannot be read or carried",
    "PG116": "values that do not compare",
    "PG117": "a block that is not opened by `with`",
    "PG118": "a statement that takes effect only while a pipeline is traced",
    "PG120": "an arm without its `when`",
    "PG121": "not a condition",
    "PG122": "merge() without its `when`, or not one value per arm",
    "PG123": "a merged value of the wrong block",
    "PG124": "collect() of nothing that an `each` made",
    "PG125": "a duplicate or invalid id",
    "PG126": "an invalid policy",
    "PG127": "nothing to wait for",
    "PG129": "finally_() out of place",
    "PG130": "the pipeline function raised an exception",
    "PG131": "a pipeline is called outside a pipeline",
    "PG132": "a pipeline includes itself",
    "PG133": "an invalid setting of the pipeline",
    "PG135": "the result does not fit the pipeline's annotation",
    "PG140": "a call is named by a number",
    # 150-169: a step's own source
    "PG150": "a step's source is missing",
    "PG151": "a lambda as a step",
    "PG152": "a method or an inner function as a step",
    "PG153": "a closure as a step",
    "PG154": "a step uses a value that is modified",
    "PG155": "a step uses a value that cannot be recreated",
    "PG156": "a step uses an undefined name",
    "PG157": "a step uses a name of a star import",
    "PG158": "a step uses a name bound under a condition or loop",
    "PG159": "a step uses a relative import",
    "PG160": "two files use one name for different things",
    "PG161": "a step uses pipeglot at run time",
    "PG162": "a step imports a module that needs pipeglot",
    "PG163": "a step's function cannot be imported",
    "PG164": "a step depends on the file it is defined in",
    # 170-199: the rules of the language
    "PG169": "source of an included pipeline clashes",
    "PG170": "a duplicate id or name",
    "PG171": "a name is empty or too long",
    "PG172": "nested too deep",
    "PG173": "a value of something that returns none",
    "PG174": "a value is not in scope",
    "PG175": "the order cannot be kept",
    "PG176": "a merged value lacks a value",
    "PG177": "an arm that is never taken, or always",
    "PG178": "no such step",
    "PG179": "arguments do not match the step's parameters",
    "PG180": "an argument is of the wrong type",
    "PG181": "a condition cannot be evaluated",
    "PG182": "a loop over something that is not a list",
    "PG183": "a Final that depends on what may have failed",
    "PG184": "no such parameter or run context value",
    "PG185": "a parameter contradicts itself",
    "PG186": "an invalid schedule",
    "PG187": "the value after a tolerated failure is of the wrong type",
    "PG188": "the pipeline's source does not define what it claims",
    "PG189": "a package requirement cannot be read",
    "PG190": "an invalid use of an included pipeline",
    "PG191": "a path that does not exist in its value",
    "PG192": "a constant that JSON would change",
    "PG193": "an invalid step declaration",
    "PG194": "an invalid secret declaration",
    # 200-219: what several targets refuse, lose or do otherwise; `Diagnostic.target` says which
    "PG200": "a name is taken by the target or by the code around it",
    "PG201": "there is no such target",
    "PG202": "the target has no such option, or it does not take that value",
    "PG203": "the package of a target does not load",
    "PG204": "declared packages that the target does not install",
    "PG205": "a description has no place on the target",
    "PG206": "an engine evaluates cron differently when clocks change",
    "PG207": "a call or pipeline has another name on the target",
    "PG208": "secrets that the environment of a task must have",
    "PG209": "a scheduled pipeline has a parameter without a default",
    "PG210": "an interval is counted from another moment",
    "PG211": "resources of a call are not granted everywhere",
    "PG212": "choices or bounds of a parameter that the target does not check",
    "PG213": "a time limit does not interrupt all work",
    "PG214": "missed ticks are not caught up",
    "PG215": "text that the target would read as a template",
    "PG216": "a step catches what interrupts it at its time limit",
    "PG217": "the target does not support a feature of the pipeline",
    # 220-239: Airflow
    "PG223": "a tag is too long for Airflow",
    "PG224": "Airflow also runs the latest missed tick",
    "PG226": "Airflow waits longer between attempts than specified",
    "PG227": "Airflow maps over 1,024 items at most",
    "PG230": "Airflow does not preserve a dict with these keys",
    # 240-259: Prefect
    "PG241": "a start date is not kept",
    "PG249": "a pipeline without a schedule gets an inactive one",
    # 260-279: Dagster
    "PG263": "a limit on concurrent runs that the instance has to enforce",
    "PG264": "a time limit of runs that the instance has to enforce",
    "PG266": "a tolerated failure is shown as a success",
    "PG267": "the final call is a separate run",
    "PG268": "every item of a loop is a separate run",
    "PG269": "a concurrency limit that an executor has to enforce",
    # 280-299: Kubeflow Pipelines
    "PG280": "KFP has no empty pipelines",
    "PG283": "source text that is too long for a command",
    "PG286": "a schedule's time zone is that of the server on KFP",
    "PG287": "KFP's DSL cannot express what the spec can",
    "PG288": "a cluster may start no further calls after a failure",
    "PG289": "a failing final call may not change the state of the run",
    "PG290": "what a container's image needs on KFP",
    "PG291": "a container call that KFP cannot run",
    "PG292": "how a run ended depends on the version of KFP",
    "PG296": "a recurring run on KFP does not know its scheduled time",
    "PG297": "redeploying on KFP backfills again",
    "PG298": "a cron expression that KFP cannot read",
    "PG299": "a value that is too long for a task of KFP",
    # 300-329: engines, their environments and their runs
    "PG300": "no such engine",
    "PG301": "the engine is not installed",
    "PG302": "the engine's Python does not start",
    "PG303": "the engine does not load",
    "PG304": "the engine's version is not supported",
    "PG305": "an environment cannot be made",
    "PG306": "packages conflict",
    "PG307": "packages are missing from the environment",
    "PG308": "uv is missing",
    "PG309": "requirements cannot be read",
    "PG310": "a folder that pipeglot writes to is not writable",
    "PG311": "the engine is not made for this Python",
    "PG320": "the engine died",
    "PG321": "the engine timed out",
    "PG322": "the engine cannot load the file",
    "PG323": "the engine's server did not start",
    "PG324": "the engine refused the run",
    "PG325": "an engine was stopped before its run had ended",
    "PG326": "a run wrote too much output",
    "PG327": "what a file of an engine declares cannot be read",
    # 330-349: input files and the command line
    "PG330": "the source cannot be read",
    "PG331": "the source is not Python",
    "PG332": "the source fails while it is loaded",
    "PG333": "no pipeline in the source",
    "PG334": "several pipelines in the source",
    "PG335": "no pipeline of that name",
    "PG336": "the file is not a pipeline",
    "PG337": "an unknown version of the format",
    "PG340": "files cannot be written",
    "PG341": "the output would overwrite a file of another origin",
    "PG342": "an argument of the command line is wrong",
    "PG343": "compiled files are stale",
    "PG349": "an error inside pipeglot",
    # 350-399: running
    "PG350": "a required parameter is not given",
    "PG351": "no such parameter",
    "PG352": "a parameter's value does not fit its type",
    "PG353": "a logical date without a time zone",
    "PG354": "the pipeline's source cannot be loaded",
    "PG355": "a step cannot be loaded",
    "PG356": "a program that a step needs is missing",
    "PG357": "a declared secret is missing",
    # 360-379: migration
    "PG360": "a side of a migration cannot be used",
    "PG361": "a file of ignore rules cannot be used",
    "PG362": "a dry-run would cause external effects",
    "PG363": "no such failure to inject",
    "PG364": "the history of dry-runs cannot be used",
    "PG365": "a mapping of native tasks to calls cannot be used",
    "PG366": "native code cannot be stubbed, replayed or injected with failures",
    "PG370": "an engine's API cannot be reached",
    "PG371": "an engine's API rejects the credentials",
    "PG372": "an engine's API has no such run",
    "PG373": "an engine's API gives an unexpected answer",
    "PG374": "a run to be collected has not ended",
    "PG375": "a side of a migration without a schedule to compare",
    "PG376": "unknown when an engine starts runs",
    "PG377": "a migration plan is for a target",
    "PG378": "a migration plan with two equal sides",
    "PG379": "a rule for comparing tables or artifacts cannot be used",
    # 400-499: practice
    "PG400": "a secret in plain text",
    "PG401": "a large constant",
    "PG402": "a container image without a fixed version",
    "PG403": "an unused parameter",
    "PG404": "a step returns what JSON cannot represent",
}
"""Every code with its one-line title, published in the docs and in SARIF rules."""
