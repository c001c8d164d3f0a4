"""Pipelines as authors write them: a function, run once, whose calls of steps are written down as `ir.Pipeline`."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast, overload

from pipeglot.author import caller
from pipeglot.author.blocks import build, unopened
from pipeglot.author.declaration import Cron, Every, Param, Settings, declared, parameters
from pipeglot.author.enclosing import Endless, unkept
from pipeglot.author.lint import lint, return_place
from pipeglot.author.proxy import Traced, leftovers
from pipeglot.author.signature import Signature
from pipeglot.author.source import collect_code
from pipeglot.author.steps import Step, after_ids, listed, step_ir
from pipeglot.author.trace import Trace, fail
from pipeglot.author.unannotated import untyped
from pipeglot.core import border
from pipeglot.core import ir as nodes
from pipeglot.core.diagnostic import AuthoringError, Diagnostic

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pipeglot.backends.base import Compiled
    from pipeglot.core.record import Record

P = ParamSpec("P")
R = TypeVar("R")

__all__ = ["Context", "Cron", "Every", "Param", "Pipeline", "pipeline"]


class Context:
    """What a run knows of itself."""

    logical_date: datetime
    """The instant this run stands for: the schedule's tick, else its start."""
    day: date
    """The logical date's day in the schedule's time zone."""
    run_id: str
    """The engine's name for the run."""

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):  # what is no fact of the run: `inspect` and its like ask for such
                raise AttributeError(name)
            hints = {"logical_date": datetime, "day": date, "run_id": str}
            if name not in hints:
                fail("PG184", f"run has no {name!r}", f"it has: {', '.join(hints)}")
            trace = Trace.current()
            if trace is None:
                fail("PG100", f"run.{name} exists only inside a function decorated with @pipeline")
            return Traced(nodes.Ctx(name=name), hints[name], trace.root, f"run.{name}")

        def __setattr__(self, name: str, value: Any) -> None:
            fail("PG104", f"run.{name} cannot be set", "run context values come from the engine; declare a parameter")


_tracing: ContextVar[tuple[Pipeline[..., Any], ...]] = ContextVar("pipeglot_tracing", default=())


class Pipeline(Generic[P, R]):
    """A pipeline function. Called inside another pipeline it is included; by itself it is run or compiled.

    What `pipeline` gives. `check()`, `ir()`, `run(**params)` and `compile(target)` work on it; `options(id=..., after=...)`
    gives it an id and an order for one use inside another.

    >>> from pipeglot import Pipeline, pipeline
    >>> @pipeline
    ... def nightly(limit: int = 3) -> int:
    ...     return limit
    >>> isinstance(nightly, Pipeline), nightly.run(limit=4).result
    (True, 4)
    """

    def __init__(self, fn: Callable[P, R], settings: Settings) -> None:
        functools.update_wrapper(self, fn)
        caller.declares(fn)
        self.fn, self.settings = fn, settings
        self.name: str = settings.get("name") or fn.__name__
        self._root: Pipeline[P, R] = self
        self._id: str | None = None
        self._after: tuple[object, ...] = ()
        self._made: tuple[nodes.Pipeline, list[Diagnostic]] | None = None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        trace, name = Trace.current(), self.fn.__name__
        if trace is None:
            way_out = f"{name}.run(...) runs it here, {name}.compile('airflow') compiles it"
            fail("PG131", f"{name}(...) is called outside a pipeline", way_out)
        return cast(R, self._include(trace, args, kwargs))

    def options(self, *, id: str | None = None, after: object = ()) -> Pipeline[P, R]:
        """The same pipeline for one use inside another, with an id and an order (`after`) of its own."""
        new: Pipeline[P, R] = Pipeline(self.fn, self.settings)
        new._root, new._id = self._root, self._id if id is None else id
        new._after = (*self._after, *listed(after))
        return new

    # -- what users call

    def trace(self) -> tuple[nodes.Pipeline, list[Diagnostic]]:
        """The pipeline as data, and notes about it. Raises AuthoringError with what is wrong."""
        if self._root._made is None:
            self._root._made = self._trace()
        return self._root._made

    def ir(self) -> nodes.Pipeline:
        """The pipeline as data. Raises AuthoringError with what is wrong."""
        return self.trace()[0]

    def check(self) -> list[Diagnostic]:
        """Everything there is to say about the pipeline."""
        from pipeglot.core.check import check

        try:
            made, notes = self.trace()
        except AuthoringError as error:
            return list(error.diagnostics)
        return [*notes, *check(made)]

    def run(self, **params: Any) -> Record:
        """Run it in this process; params by name. Raises AuthoringError when it or they are invalid."""
        from pydantic_core import PydanticSerializationError, to_jsonable_python

        from pipeglot.meaning.run import execute

        plain = {}
        for name, given in params.items():
            try:
                plain[name] = to_jsonable_python(given)
            except PydanticSerializationError:
                message = f"parameter {name!r}: a {type(given).__name__} is not a JSON value"
                raise AuthoringError([Diagnostic("PG352", "error", message)]) from None
        return execute(self.valid(), params=plain)

    def compile(self, target: str, *, allow: Sequence[str] = (), **options: str) -> Compiled:
        """The files for a target, with what it lets one choose. Raises CompileError with all that it refuses."""
        from pipeglot.backends import compile

        return compile(self.valid(), target, allow=allow, options=options)

    def valid(self) -> nodes.Pipeline:
        """The pipeline as data. Raises AuthoringError with all that `check` finds wrong."""
        wrong = [found for found in self.check() if found.severity == "error"]
        if wrong:
            raise AuthoringError(wrong)
        return self.ir()

    # -- tracing

    def _trace(self) -> tuple[nodes.Pipeline, list[Diagnostic]]:
        going: tuple[Pipeline[..., Any], ...] = _tracing.get()
        if self in going:
            names = " -> ".join([each.name for each in going] + [self.name])
            fail("PG132", f"a pipeline includes itself: {names}")
        filename = self.fn.__code__.co_filename
        trace = Trace(filename, os.path.dirname(os.path.abspath(filename)), self.fn.__code__)
        place = caller.place(filename, self.fn.__code__.co_firstlineno, trace.folder)
        trace.errors += lint(self.fn, trace.folder)
        token = _tracing.set((*going, self))
        made = None
        try:
            with trace:
                made = self._run_once(trace, place)
        except AuthoringError as error:
            trace.errors += error.diagnostics
        except Endless:
            pass
        except (Exception, SystemExit) as error:
            trace.errors.append(_raised(self.fn, error, trace, place))
            if caller.is_ours(error):  # keeps what a report of a bug of ours needs
                raise AuthoringError(trace.found()) from error
        finally:
            _tracing.reset(token)
        if trace.errors or made is None:
            raise AuthoringError(trace.found())
        return made, list(trace.notes.values())

    def _run_once(self, trace: Trace, place: nodes.At) -> nodes.Pipeline:
        signature = self.signature
        params = parameters(signature, place)
        settings = declared(self.settings, place)
        given: dict[str, Any] = {}
        for name in signature.python.parameters:
            given[name] = Traced(nodes.ParamRef(name=name), signature.hints.get(name, Any), trace.root, name)
        returned: Any = self.fn(**given)  # type: ignore[call-arg]
        trace.place = return_place(self.fn, trace.folder) or place
        result = None if returned is None else signature.result(returned)
        leftovers(trace)
        unopened(trace)
        code, steps = _steps(trace)
        description = self.settings.get("description")
        try:
            return nodes.Pipeline(
                name=self.name,
                description=inspect.getdoc(self.fn) or "" if description is None else description,
                params=params,
                code=code,
                steps=steps,
                body=build(trace.root),
                result=result,
                final=trace.final,
                at=place,
                **settings,
            )
        except ValueError as error:
            if not border.wrong(error):
                raise
            fail("PG133", border.first(error), "", place)

    @functools.cached_property
    def signature(self) -> Signature:
        """What is known of the function's parameters; stops with PG114 or PG115 when it can be no pipeline."""
        return Signature.of(self.fn, "pipeline")

    # -- inside another pipeline

    def _include(self, trace: Trace, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        unkept(trace)
        frame, signature = caller.author_frame(), self._root.signature
        bound = signature.bind(args, kwargs, policies=True)
        included, _ = self.trace()
        values = {name: signature.argument(name, given) for name, given in bound.arguments.items()}
        node = nodes.Include(
            id=trace.claim(self._id, self.fn.__name__, caller.assigned_name(frame)),
            pipeline=included,
            args=values,
            after=after_ids(trace, self._after),
            at=caller.at(frame, trace.folder),
        )
        trace.block.nodes.append(node)
        returns = signature.returns if included.result is not None else type(None)
        return Traced(nodes.Out(ref=node.id), returns, trace.block.scope, f"{self.name}(...)")


def _steps(trace: Trace) -> tuple[tuple[nodes.SourceFragment, ...], tuple[nodes.Step, ...]]:
    """The steps that were called and the source that travels with them; what is wrong is kept by the trace."""
    made: list[nodes.Step] = []
    inlined: list[Any] = []
    first: dict[str, Step[Any, Any]] = {}
    for step, name in trace.steps.values():
        first.setdefault(name, step)  # a function may be declared twice, with policies of its own each time
    for name, step in first.items():
        try:
            one = step_ir(trace, step, name)
        except AuthoringError as error:
            trace.errors += error.diagnostics
            continue
        made.append(one)
        if isinstance(one.run, nodes.Inlined):
            inlined.append(step.fn)
    named = {one.name: one for one in made}
    trace.notes.update((one, one) for one in untyped((named[n], step.fn) for n, step in first.items() if n in named))
    code, found = collect_code(inlined, main_file=trace.filename)
    trace.errors += [one for one in found if one.severity == "error"]
    trace.notes.update((one, one) for one in found if one.severity != "error")
    return code, tuple(made)


def _raised(fn: Callable[..., Any], error: BaseException, trace: Trace, place: nodes.At) -> Diagnostic:
    """What escaped the author's function, at the author's line."""
    line = caller.author_place(error, trace.filename)
    at = caller.place(*line, trace.folder) if line else place
    text = " ".join(str(error).split())
    if wrong := border.wrong(error):
        text = f"{getattr(error, 'title', '')}: {border.first(error)}"
        text += " (given a Traced)" if isinstance(wrong[0]["input"], Traced) else ""
    if "Traced" in text:
        message = f"a value that exists only at run time was used as data: {text}".replace("Traced", "traced value")
        return Diagnostic("PG102", "error", message, at, "do it inside a step")
    message = f"{fn.__name__} raised {type(error).__name__} while it was traced{': ' if text else ''}{text}"
    way_out = "the pipeline function only puts steps together"
    if trace.left_by is not None:
        way_out = f"whatever {trace.left_by} decides: raise it inside a step"
    return Diagnostic("PG130", "error", message, at, way_out)


@overload
def pipeline(fn: Callable[P, R], /, **settings: Unpack[Settings]) -> Pipeline[P, R]: ...
@overload
def pipeline(**settings: Unpack[Settings]) -> Callable[[Callable[P, R]], Pipeline[P, R]]: ...
def pipeline(fn: Any = None, /, **settings: Any) -> Any:
    """Declare a pipeline: a function that puts steps together.

    Its parameters are the pipeline's, with their annotations, defaults and `Param` bounds; what it returns is the
    pipeline's result. It is traced when it is first used: what is wrong is raised then, by `check`, `ir`, `run` or
    `compile`, not here.

    Args:
        fn: the function.
        **settings: `name`, `schedule` (`Cron` or `Every`), `start` (a datetime, date or ISO text, in the schedule's time
            zone), `catch_up`, `max_active_runs`, `run_timeout` (seconds, a timedelta or text such as `2h`), `owner`,
            `tags`, `description`, `packages` (requirement lines that its steps need) and `options` by target.

    >>> @pipeline(schedule=Cron("0 2 * * *", tz="Europe/Berlin"))
    ... def nightly(limit: int = 3) -> int:
    ...     return limit
    >>> nightly.ir().params[0].default
    3
    """
    said: Any = settings
    if fn is not None:
        return Pipeline(fn, said)
    return lambda decorated: Pipeline(decorated, said)
