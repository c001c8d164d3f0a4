"""Pipelines as authors write them: a function, run once, whose calls of steps are written down as `ir.Pipeline`."""

from __future__ import annotations

import ast
import functools
import inspect
import os
import textwrap
import typing
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError
from pydantic_core import to_jsonable_python

from pipeglot.core import ir, where
from pipeglot.core.blocks import build
from pipeglot.core.diagnostic import AuthoringError, Diagnostic
from pipeglot.core.source import collect_code
from pipeglot.core.steps import Duration, after_ids, schema_of, seconds, step_ir
from pipeglot.core.traced import Trace, Traced, fail, hint_of, mismatch, to_value, type_name

if TYPE_CHECKING:
    from pipeglot.backends.base import Compiled
    from pipeglot.core.record import Record

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Cron:
    """Five fields of cron, in a time zone (IANA name)."""

    expression: str
    tz: str = "UTC"


@dataclass(frozen=True)
class Every:
    """A fixed interval, counted from the pipeline's `start`."""

    interval: Duration


@dataclass(frozen=True)
class Param:
    """What a parameter admits beyond its type, in `Annotated[float, Param(ge=0)]`."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    choices: Sequence[Any] | None = None
    description: str = ""


class Context:
    """What a run knows of itself."""

    logical_date: datetime
    """The instant this run stands for: the schedule's tick, else its start."""
    day: date
    """The logical date's day in the schedule's time zone."""
    run_id: str
    """The engine's name for the run."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        hints = {"logical_date": datetime, "day": date, "run_id": str}
        if name not in hints:
            fail("PG107", f"run has no {name!r}", "it has: logical_date, day, run_id")
        trace = Trace.current()
        if trace is None:
            fail("PG100", f"run.{name} exists only inside a function decorated with @pipeline")
        return Traced(ir.Ctx(name=name), hints[name], trace.root, f"run.{name}")  # type: ignore[arg-type]


run = Context()
"""The run's own facts, as traced values: `run.logical_date`, `run.day`, `run.run_id`."""

_tracing: ContextVar[tuple[Pipeline[..., Any], ...]] = ContextVar("pipeglot_tracing", default=())


@dataclass(frozen=True)
class Settings:
    """What `@pipeline(...)` says."""

    name: str | None = None
    schedule: Cron | Every | None = None
    start: datetime | date | str | None = None
    catch_up: bool = False
    max_active_runs: int | None = None
    run_timeout: Duration | None = None
    owner: str | None = None
    tags: Sequence[str] = ()
    description: str | None = None
    packages: Sequence[str] = ()
    options: Mapping[str, Mapping[str, Any]] | None = None


class Pipeline(Generic[P, R]):
    """A pipeline function. Called inside another pipeline it is included; by itself it is run or compiled."""

    def __init__(self, fn: Callable[P, R], settings: Settings) -> None:
        functools.update_wrapper(self, fn)
        self.fn, self.settings = fn, settings
        self.name = settings.name or fn.__name__

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        trace = Trace.current()
        if trace is None:
            name = self.fn.__name__
            fail(
                "PG131",
                f"{name}(...) is called outside a pipeline",
                f"{name}.run(...) runs it here, {name}.compile('airflow') compiles it",
            )
        return self._include(trace, args, kwargs)  # type: ignore[return-value]

    # -- what users call

    def trace(self) -> tuple[ir.Pipeline, list[Diagnostic]]:
        """The pipeline as data, and notes about it. Raises AuthoringError with what is wrong."""
        return self._traced

    def ir(self) -> ir.Pipeline:
        """The pipeline as data. Raises AuthoringError with what is wrong."""
        return self.trace()[0]

    def check(self) -> list[Diagnostic]:
        """Everything there is to say about the pipeline."""
        from pipeglot.core.check import check

        made, notes = self.trace()
        return [*notes, *check(made)]

    def run(self, **params: Any) -> Record:
        """Run it in this process; params by name. Raises AuthoringError when it or they are invalid."""
        from pipeglot.core.run import execute

        return execute(self._valid(), params={k: to_jsonable_python(v) for k, v in params.items()})

    def compile(self, target: str, *, allow: Sequence[str] = ()) -> Compiled:
        """The files for a target. Raises CompileError with all that the target refuses."""
        from pipeglot.backends import compile

        return compile(self._valid(), target, allow=allow)

    def _valid(self) -> ir.Pipeline:
        wrong = [d for d in self.check() if d.severity == "error"]
        if wrong:
            raise AuthoringError(wrong)
        return self.ir()

    # -- tracing

    @functools.cached_property
    def _traced(self) -> tuple[ir.Pipeline, list[Diagnostic]]:
        code = self.fn.__code__
        folder = os.path.dirname(os.path.abspath(code.co_filename))
        if self in _tracing.get():
            names = " -> ".join(p.name for p in (*_tracing.get(), self))
            fail("PG132", f"a pipeline includes itself: {names}")
        token = _tracing.set((*_tracing.get(), self))
        try:
            with Trace(self.name, code.co_filename, folder) as trace:
                return self._run_once(trace)
        finally:
            _tracing.reset(token)

    def _run_once(self, trace: Trace) -> tuple[ir.Pipeline, list[Diagnostic]]:
        place = where.place(trace.filename, self.fn.__code__.co_firstlineno, trace.folder)
        wrong = _lint(self.fn, trace)
        try:
            hints, params = self._params(trace, place)
            given = {p.name: Traced(ir.ParamRef(name=p.name), hints[p.name], trace.root, p.name) for p in params}
            returned = self.fn(**given)  # type: ignore[arg-type]
            result = None if returned is None else to_value(returned)
            wrong += trace.leftovers()
            schedule = self._schedule(place)
            used = [(step, name) for step, name in _declared(trace)]
            steps = tuple(step_ir(trace, step, name) for step, name in used)
            functions = [step.fn for (step, _), made in zip(used, steps, strict=True) if made.run.kind == "inlined"]
            code, found = collect_code(functions, main_file=trace.filename)
            wrong += [d for d in found if d.severity == "error"]
            trace.notes += [d for d in found if d.severity != "error"]
            if wrong:
                raise AuthoringError(wrong)
            return self._pipeline(trace, place, params, schedule, code, steps, result), trace.notes
        except AuthoringError as error:
            raise AuthoringError(dict.fromkeys([*wrong, *error.diagnostics])) from None
        except ValidationError as error:
            first = error.errors()[0]
            message = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
            raise AuthoringError([*wrong, Diagnostic("PG130", "error", message, place)]) from None
        except Exception as error:
            if where.is_ours(error):
                raise
            raise AuthoringError([*wrong, _raised(self.fn, error, trace, place)]) from None

    def _pipeline(
        self,
        trace: Trace,
        place: ir.At,
        params: tuple[ir.Param, ...],
        schedule: ir.Schedule | None,
        code: tuple[ir.Chunk, ...],
        steps: tuple[ir.Step, ...],
        result: ir.Value | None,
    ) -> ir.Pipeline:
        said = self.settings
        try:
            timeout = None if said.run_timeout is None else seconds(said.run_timeout)
        except ValueError as error:
            raise AuthoringError([Diagnostic("PG126", "error", f"run_timeout: {error}", place)]) from None
        return ir.Pipeline(
            name=self.name,
            description=said.description if said.description is not None else inspect.getdoc(self.fn) or "",
            owner=said.owner,
            tags=tuple(said.tags),
            params=params,
            schedule=schedule,
            max_active_runs=said.max_active_runs,
            run_timeout=timeout,
            packages=tuple(said.packages),
            options={target: dict(options) for target, options in (said.options or {}).items()},
            code=code,
            steps=steps,
            body=build(trace.root),
            result=result,
            final=trace.final,
            at=place,
        )

    def _params(self, trace: Trace, place: ir.At) -> tuple[dict[str, Any], tuple[ir.Param, ...]]:
        try:
            hints = typing.get_type_hints(self.fn, include_extras=True)
        except (NameError, TypeError) as error:
            fail("PG115", f"the annotations of {self.name} cannot be read: {error}", "import what they name")
        params = []
        for parameter in inspect.signature(self.fn).parameters.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
                message = f"the pipeline has the parameter {parameter}"
                raise AuthoringError([Diagnostic("PG114", "error", message, place, "its parameters are plain, by name")])
            hint = hints.setdefault(parameter.name, Any)
            schema, description = _param_schema(hint, parameter.name)
            required = parameter.default is parameter.empty
            default = None if required else to_jsonable_python(parameter.default, inf_nan_mode="constants")
            params.append(
                ir.Param(
                    name=parameter.name,
                    type=schema,
                    required=required,
                    default=default,
                    description=description,
                    at=place,
                )
            )
        return hints, tuple(params)

    def _schedule(self, place: ir.At) -> ir.Schedule | None:
        said = self.settings
        if said.schedule is None:
            if said.start is not None or said.catch_up:
                message = "start and catch_up say nothing without a schedule"
                raise AuthoringError([Diagnostic("PG133", "error", message, place, "give schedule=Cron(...) or Every(...)")])
            return None
        try:
            timing: ir.Cron | ir.Interval
            if isinstance(said.schedule, Cron):
                timing, zone = ir.Cron(expression=said.schedule.expression, timezone=said.schedule.tz), said.schedule.tz
            else:
                timing, zone = ir.Interval(seconds=seconds(said.schedule.interval)), "UTC"
            return ir.Schedule(timing=timing, start=_instant(said.start, zone), catch_up=said.catch_up)
        except (ValueError, KeyError, AttributeError) as error:
            message = f"the schedule makes no sense: {str(error).splitlines()[0]}"
            way_out = 'schedule=Cron("0 2 * * *", tz="Europe/Berlin") or Every("1h"), start=datetime or ISO text'
            raise AuthoringError([Diagnostic("PG133", "error", message, place, way_out)]) from None

    # -- inside another pipeline

    def _include(self, trace: Trace, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        frame = where.author_frame()
        after = kwargs.pop("after", ())
        try:
            bound = inspect.signature(self.fn).bind(*args, **kwargs)
        except TypeError as error:
            fail("PG112", f"{self.name}{inspect.signature(self.fn)}: {error}")
        included = self.ir()
        hints = typing.get_type_hints(self.fn, include_extras=True)
        values = {}
        for name, given in bound.arguments.items():
            values[name] = to_value(given)
            hint = hints.get(name, Any)
            if isinstance(given, Traced) and mismatch(hint_of(given), hint):
                have = type_name(hint_of(given))
                fail("PG112", f"{self.name}: {name} takes {type_name(hint)}, given {given._name}, which is {have}")
        id = trace.claim(None, self.fn.__name__, where.assigned_name(frame))
        place = where.at(frame, trace.folder)
        node = ir.Include(id=id, pipeline=included, args=values, after=after_ids(trace, after), at=place)
        trace.block.nodes.append(node)
        returns = hints.get("return", Any) if included.result is not None else type(None)
        return Traced(ir.Out(ref=id), returns, trace.block.scope, f"{self.name}(...)")


def _declared(trace: Trace) -> list[tuple[Any, str]]:
    return list({name: (step, name) for step, name in trace.steps.values()}.values())


def _param_schema(hint: Any, name: str) -> tuple[ir.Schema, str]:
    if hint is Any:
        return {}, ""
    described = ""
    extra: dict[str, Any] = {}
    if typing.get_origin(hint) is typing.Annotated:
        base, *notes = typing.get_args(hint)
        kept: list[Any] = []
        for note in notes:
            if isinstance(note, Param):
                described = note.description
                bounds = {key: getattr(note, key) for key in ("ge", "gt", "le", "lt")}
                kept.append(Field(**{key: value for key, value in bounds.items() if value is not None}))
                if note.choices is not None:
                    extra["enum"] = to_jsonable_python(list(note.choices))
            else:
                kept.append(note)
        hint = typing.Annotated[(base, *kept)] if kept else base  # type: ignore[assignment]
    return {**schema_of(hint, "validation", f"parameter {name}"), **extra}, described


def _instant(given: datetime | date | str | None, zone: str) -> datetime | None:
    if given is None:
        return None
    if isinstance(given, str):
        given = datetime.fromisoformat(given.replace("Z", "+00:00"))
    if not isinstance(given, datetime):
        given = datetime(given.year, given.month, given.day)
    return given if given.tzinfo is not None else given.replace(tzinfo=ZoneInfo(zone)).astimezone(timezone.utc)


def _raised(fn: Callable[..., Any], error: Exception, trace: Trace, place: ir.At) -> Diagnostic:
    line = where.author_line(error, trace.filename)
    at = where.place(trace.filename, line, trace.folder) if line else place
    text = str(error).replace("\n", " ")
    if "Traced" in text:
        message = f"a value that exists only at run time was used as data: {text}"
        return Diagnostic("PG102", "error", message.replace("Traced", "traced value"), at, "do it inside a step")
    message = f"{fn.__name__} raised {type(error).__name__} while it was traced: {text}"
    return Diagnostic("PG130", "error", message, at, "the pipeline function only puts steps together")


def _lint(fn: Callable[..., Any], trace: Trace) -> list[Diagnostic]:
    """What Python lets pass silently on a traced value: `is None` and isinstance."""
    try:
        lines, first = inspect.getsourcelines(fn)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError):
        return []
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}

    def traced(node: ast.expr) -> bool:
        while isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        return isinstance(node, ast.Call) or (isinstance(node, ast.Name) and node.id in bound)

    def found(node: ast.expr, what: str, way_out: str) -> Diagnostic:
        at = where.place(trace.filename, first + node.lineno - 1, trace.folder)
        return Diagnostic("PG101", "error", f"{what} is decided while tracing, not at run time", at, way_out)

    wrong = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Is | ast.IsNot) for op in node.ops):
            if traced(node.left):
                wrong.append(found(node, "`is`", "let a step decide, and return a bool"))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
            if node.args and traced(node.args[0]):
                wrong.append(found(node, "isinstance()", "let a step decide, and return a bool"))
    return wrong


@overload
def pipeline(fn: Callable[P, R], /) -> Pipeline[P, R]: ...
@overload
def pipeline(
    *,
    name: str | None = None,
    schedule: Cron | Every | None = None,
    start: datetime | date | str | None = None,
    catch_up: bool = False,
    max_active_runs: int | None = None,
    run_timeout: Duration | None = None,
    owner: str | None = None,
    tags: Sequence[str] = (),
    description: str | None = None,
    packages: Sequence[str] = (),
    options: Mapping[str, Mapping[str, Any]] | None = None,
) -> Callable[[Callable[P, R]], Pipeline[P, R]]: ...
def pipeline(fn: Any = None, /, **settings: Any) -> Any:
    """Declare a pipeline: a function that puts steps together.

    Its parameters are the pipeline's, with their annotations, defaults and `Param` bounds; what it returns is the
    pipeline's result. `schedule` is `Cron(...)` or `Every(...)`, `packages` are requirement lines its steps need.
    """
    if fn is not None:
        return Pipeline(fn, Settings())
    return lambda decorated: Pipeline(decorated, Settings(**settings))




__all__ = ["Context", "Cron", "Every", "Param", "Pipeline", "Settings", "pipeline", "run"]
