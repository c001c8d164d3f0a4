"""What pipeglot has to say about a pipeline: coded, placed, with a way out; and the table of all codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

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
    "PG101": "Python cannot decide or loop on a value of the run",
    "PG102": "an operation on a value of the run",
    "PG103": "text made of values of the run was changed",
    "PG104": "a value of the run cannot be changed",
    "PG105": "no such field",
    "PG106": "a method or attribute of a value of the run",
    "PG110": "a value is used outside its block",
    "PG111": "a function is passed instead of its result",
    "PG112": "an argument does not fit the step",
    "PG113": "a constant that JSON cannot hold",
    "PG114": "a function that cannot be a step or a pipeline",
    "PG115": "an annotation that cannot be read or carried",
    "PG116": "values that do not compare",
    "PG117": "a block that is not opened by `with`",
    "PG118": "a statement that acts while a pipeline is traced only",
    "PG120": "an arm without its `when`",
    "PG121": "not a condition",
    "PG122": "merge() without its `when`, or not one value per arm",
    "PG123": "a merged value of the wrong block",
    "PG124": "collect() of nothing that an `each` made",
    "PG125": "an id that is taken or is none",
    "PG126": "a policy that makes no sense",
    "PG127": "nothing to wait for",
    "PG129": "finally_() out of place",
    "PG130": "the pipeline function raised an exception",
    "PG131": "a pipeline is called outside a pipeline",
    "PG132": "a pipeline includes itself",
    "PG133": "a setting of the pipeline makes no sense",
    "PG135": "the result does not fit the pipeline's annotation",
    "PG140": "a call is named by a number",
    # 150-169: a step's own source
    "PG150": "a step's source is not there",
    "PG151": "a lambda as a step",
    "PG152": "a method or an inner function as a step",
    "PG153": "a closure as a step",
    "PG154": "a step uses a value that changes",
    "PG155": "a step uses a value that cannot be made again",
    "PG156": "a step uses a name that nothing binds",
    "PG157": "a step uses a name of a star import",
    "PG158": "a step uses a name bound under a condition or loop",
    "PG159": "a step uses a relative import",
    "PG160": "two files use one name for different things",
    "PG161": "a step uses pipeglot when it runs",
    "PG162": "a step imports a module that needs pipeglot",
    "PG163": "a step's function cannot be imported",
    "PG164": "a step depends on the file it stands in",
    # 170-199: the rules of the language
    "PG169": "source of an included pipeline clashes",
    "PG170": "an id or name is given twice",
    "PG171": "a name is empty or too long",
    "PG172": "nested too deep",
    "PG173": "a value of something that gives none",
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
    "PG184": "no such parameter or fact of the run",
    "PG185": "a parameter contradicts itself",
    "PG186": "the schedule makes no sense",
    "PG187": "the value after a tolerated failure is of the wrong type",
    "PG188": "the pipeline's source is not what it says",
    "PG189": "a package requirement cannot be read",
    "PG190": "an included pipeline is used wrongly",
    "PG191": "a path leads nowhere",
    "PG192": "a constant would not survive",
    "PG193": "a step is declared wrongly",
    "PG194": "a secret is declared wrongly",
    # 200-219: what several targets refuse, lose or do otherwise; `Diagnostic.target` says which
    "PG200": "a name is taken by the target or by the code around it",
    "PG201": "there is no such target",
    "PG202": "the target has no such option, or it does not take that value",
    "PG203": "the package of a target does not load",
    "PG204": "declared packages that the target does not install",
    "PG205": "a description has no place on the target",
    "PG206": "an engine reads cron otherwise when clocks change",
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
    "PG226": "Airflow waits longer between attempts than it is told",
    "PG227": "Airflow maps over 1,024 items at most",
    "PG230": "Airflow keeps no dict with these keys",
    # 240-259: Prefect
    "PG241": "a start date is not kept",
    "PG249": "a schedule that is off takes the place of none",
    # 260-279: Dagster
    "PG263": "a bound on runs that the instance has to keep",
    "PG264": "a time limit of runs that the instance has to keep",
    "PG266": "a tolerated failure shows as a success",
    "PG267": "the final call is a run of its own",
    "PG268": "every item of a loop is a run of its own",
    "PG269": "a bound that an executor has to keep",
    # 280-299: Kubeflow Pipelines
    "PG280": "KFP has no empty pipelines",
    "PG283": "source text that is too long for a command",
    "PG286": "a schedule's time zone is that of the server on KFP",
    "PG287": "KFP's DSL cannot say what the spec says",
    "PG288": "a cluster may start nothing more after a failure",
    "PG289": "a final call that fails may leave the run as it was",
    "PG290": "what a container's image needs on KFP",
    "PG291": "a container call that KFP cannot run",
    "PG292": "how a run ended depends on the version of KFP",
    "PG296": "a recurring run on KFP is not told its tick",
    "PG297": "to deploy again on KFP catches up again",
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
    "PG310": "a folder of pipeglot cannot be written",
    "PG311": "the engine is not made for this Python",
    "PG320": "the engine died",
    "PG321": "the engine took too long",
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
    "PG357": "a declared secret is not there",
    # 360-379: migration
    "PG360": "a side of a migration cannot be used",
    "PG361": "a file of ignore rules cannot be used",
    "PG362": "a dry-run would do what has external effects",
    "PG363": "no such failure to make",
    "PG364": "the history of dry-runs cannot be used",
    "PG365": "a mapping of native tasks to calls cannot be used",
    "PG366": "native code runs as it is, or not at all",
    "PG370": "an engine's API cannot be reached",
    "PG371": "an engine's API wants other credentials",
    "PG372": "an engine's API knows of no such run",
    "PG373": "an engine's API answers something else",
    "PG374": "a run that is to be collected has not ended",
    "PG375": "a side of a migration has no schedule to compare",
    "PG376": "when an engine starts runs cannot be told",
    "PG377": "a migration plan is for a target",
    "PG378": "a migration plan moves nothing",
    "PG379": "a rule for comparing tables or artifacts cannot be used",
    # 400-499: practice
    "PG400": "a secret is written out",
    "PG401": "a large constant",
    "PG402": "a container image without a fixed version",
    "PG403": "a parameter is not used",
    "PG404": "a step gives what JSON cannot hold",
}
"""Every code with its one-line title, published in the docs and in SARIF rules."""
