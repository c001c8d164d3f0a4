"""The library's verbs: what the command line does, as functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from pipeglot.author.pipeline import Context
from pipeglot.author.pipeline import Pipeline as Authored
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Json, Pipeline

if TYPE_CHECKING:
    from pipeglot.backends.base import Compiled, Mode
    from pipeglot.compare.model import Report, Required
    from pipeglot.core.record import Record
    from pipeglot.migrate.scenarios import EffectsMode

AnyPipeline: TypeAlias = Authored[..., Any] | Pipeline
"""A function decorated with `@pipeline`, or a pipeline as data (`pipeglot.core.ir.Pipeline`)."""


def check(pipeline: AnyPipeline) -> list[Diagnostic]:
    """Everything that is wrong with a pipeline, or worth a word; no target is asked.

    Args:
        pipeline: a function decorated with `@pipeline`, or a pipeline as data.

    Returns:
        All diagnostics; those of severity `error` keep it from being compiled or run.

    >>> from pipeglot import check, pipeline
    >>> @pipeline
    ... def nightly(limit: int = "three") -> int:  # type: ignore[assignment]
    ...     return limit
    >>> [(found.code, found.severity) for found in check(nightly)]
    [('PG185', 'error')]
    """
    if isinstance(pipeline, Authored):
        return pipeline.check()
    from pipeglot.core.check import check

    return check(pipeline)


def compile(
    pipeline: AnyPipeline, target: str, *, allow: Iterable[str] = (), options: Mapping[str, str] | None = None
) -> Compiled:
    """The files of a pipeline for a target; none is written.

    Args:
        pipeline: a function decorated with `@pipeline`, or a pipeline as data.
        target: `airflow`, `dagster`, `kfp`, `prefect`, or one that an installed package brings.
        allow: codes of losses that are accepted; they come back as notes.
        options: what the target lets one choose, by name (`--option` of the command line).

    Returns:
        `files` by relative POSIX path, the `entry` among them, and the `diagnostics`.

    Raises:
        AuthoringError: the pipeline is wrong (`check` says how).
        CompileError: the target refuses it, a loss is not allowed (the code says which), PG201 for an unknown target, or
            PG202 for an unknown option.

    >>> from pipeglot import compile, pipeline, shell
    >>> @shell('echo "hello $name"')
    ... def hello(name: str) -> None: ...
    >>> @pipeline
    ... def greet(name: str = "you") -> str:
    ...     return hello(name)
    >>> compiled = compile(greet, "airflow")
    >>> compiled.entry, "from airflow.sdk import" in compiled.files[compiled.entry]
    ('greet.py', True)
    """
    from pipeglot import backends

    return backends.compile(_valid(pipeline), target, allow=allow, options=options or {})


class Run(Context):
    """The run. In a pipeline function its facts, as traced values: `run.logical_date`, `run.day`, `run.run_id`. Called,
    it runs a pipeline: in this process, or on an engine.

    Args:
        pipeline: a function decorated with `@pipeline`, or a pipeline as data.
        on: `local` for this process, or a target whose engine is installed (`pipeglot engines install`).
        params: JSON values by the name of the parameter; defaults fill the rest.
        logical_date: an aware datetime; the start of the run by default.
        mode: how an engine runs it: `test` for its own quick way, `server` for its real server and scheduler.
        timeout: seconds that a run on an engine may take; by default an hour more than the pipeline's own limits.
        allow: codes of losses that are accepted on an engine.
        options: what the target lets one choose, by name.
        path: folders that steps are imported from, beside that of the author's file.

    Returns:
        What happened: a run that failed is a record too, with `state` `failed`.

    Raises:
        AuthoringError: the pipeline is wrong or the parameters do not fit (PG350 to PG353); nothing has run.
        CompileError: the target refuses the pipeline.
        EngineError: PG301 when the engine is not installed, PG320 to PG326 when it could not run the pipeline.

    >>> from pipeglot import pipeline, run, shell
    >>> @shell('echo "hello $name"')
    ... def hello(name: str) -> None: ...
    >>> @pipeline
    ... def greet(name: str = "you") -> str:
    ...     return hello(name)
    >>> record = run(greet, params={"name": "world"})
    >>> record.state, record.result
    ('succeeded', 'hello world')
    """

    def __call__(
        self,
        pipeline: AnyPipeline,
        /,
        *,
        on: str = "local",
        params: Mapping[str, Json] | None = None,
        logical_date: datetime | None = None,
        mode: Mode = "test",
        timeout: float | None = None,
        allow: Sequence[str] = (),
        options: Mapping[str, str] | None = None,
        path: Sequence[Path] = (),
    ) -> Record:
        made, folders = _valid(pipeline), [*_folder(pipeline), *path]
        if on == "local":
            from pipeglot.meaning.run import execute

            return execute(made, params=params, logical_date=logical_date, path=folders)
        from pipeglot.engines.run import Request, run_on

        request = Request(
            made, params=params or {}, logical_date=logical_date, path=folders, allow=allow, options=options or {}
        )
        return run_on(request, on, mode=mode, timeout=timeout)


run = Run()


def dry_run(
    pipeline: AnyPipeline,
    old: str,
    new: str,
    *,
    params: Mapping[str, Json] | None = None,
    logical_date: datetime | None = None,
    mode: Mode = "test",
    timeout: float | None = None,
    repeat: int = 1,
    tolerance: float = 1e-9,
    allow: Sequence[str] = (),
    effects: EffectsMode = "refuse",
    required: Required = "outputs",
    inject: str | None = None,
    path: Sequence[Path] = (),
) -> Report:
    """Run an old and a new side at the same time, each in a sandbox of its own, and compare what they did.

    Args:
        pipeline: a function decorated with `@pipeline`, or a pipeline as data.
        old: the side that is right by definition: a target, `local`, `record:FILE`, or native code as `TARGET:FILE:NAME`.
        new: the side that is examined, named alike.
        params: JSON values by the name of the parameter, the same on both sides.
        logical_date: an aware datetime, the same on both sides; by default that of a given record, or now.
        mode: how an engine runs it: `test` or `server`.
        timeout: seconds that a run on an engine may take.
        repeat: how often each side runs; what differs between runs of the old side does not count.
        tolerance: how far apart two floats may be, relative to the larger: at least 0, below 1.
        allow: codes of losses that are accepted on either side.
        effects: what becomes of calls with external effects: `refuse`, `stub` or `run`.
        required: what must have been compared for an *equivalent*: `outputs` or `states`.
        inject: failures to inject on both sides: `all`, `sample:N` or the id of a call.
        path: folders that steps are imported from, beside that of the author's file.

    Returns:
        The verdict (`equivalent`, `diverged` or `inconclusive`) and all that it rests on.

    Raises:
        AuthoringError: the pipeline is wrong, the parameters do not fit, PG360 for a side that cannot be used, PG362 for
            external effects.
        CompileError: a target refuses the pipeline.

    >>> from pipeglot import dry_run, pipeline, shell
    >>> @shell('echo "hello $name"')
    ... def hello(name: str) -> None: ...
    >>> @pipeline
    ... def greet(name: str = "you") -> str:
    ...     return hello(name)
    >>> dry_run(greet, "local", "local").verdict
    'equivalent'
    """
    from pipeglot.migrate import dryrun
    from pipeglot.migrate.sides import side

    made = _valid(pipeline)
    choices = dryrun.DryRunOptions(
        repeat=repeat, tolerance=tolerance, allow=allow, effects=effects, required=required, inject=inject
    )
    return dryrun.dry_run(
        made,
        side(old, mode=mode, timeout=timeout),
        side(new, mode=mode, timeout=timeout),
        choices,
        params=params,
        logical_date=logical_date,
        path=[*_folder(pipeline), *path],
    )


def _valid(pipeline: AnyPipeline) -> Pipeline:
    """The pipeline as data; raises AuthoringError with all that is wrong with it."""
    if isinstance(pipeline, Authored):
        return pipeline.valid()
    wrong = [found for found in check(pipeline) if found.severity == "error"]
    if wrong:
        from pipeglot.core.diagnostic import AuthoringError

        raise AuthoringError(wrong)
    return pipeline


def _folder(pipeline: AnyPipeline) -> list[Path]:
    """Where the author's file imports from, when it has a file."""
    file = Path(pipeline.fn.__code__.co_filename) if isinstance(pipeline, Authored) else Path()
    return [file.absolute().parent] if file.is_file() else []
