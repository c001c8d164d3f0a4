"""Where the values of a pipeline come from while its plan is made: each producer gives the facets that are asked for."""

from __future__ import annotations

from typing import TypeAlias

from pipeglot.codegen.expressions import Root
from pipeglot.codegen.names import identifier
from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import replace
from pipeglot.core.ir import Ctx, Item, Out, ParamRef

from .drafts import ComponentDraft, DagDraft, TaskDraft, subscripts
from .plan import Constant, TaskInput, TaskOutput
from .types import Form, FormTypes

Path: TypeAlias = tuple[str | int, ...]


def key_of(value: Root) -> tuple[str, str]:
    """What names a reference, its path dropped."""
    match value:
        case Out(ref=ref):
            return "out", ref
        case Item(loop=loop):
            return "item", loop
        case ParamRef(name=name) | Ctx(name=name):
            return value.kind, name
        case _:
            assert_never(value)


def value_path(value: Root) -> Path:
    """The path of a reference."""
    return () if isinstance(value, Ctx) else value.path


class Producer:
    """A value that a DAG has, whole and in one form. `guarded`: it is the outcome of a call in a guarded region."""

    def __init__(self, dag: DagDraft, form: Form, whole: TaskInput | None = None, guarded: bool = False) -> None:
        self.dag, self.form, self.guarded = dag, form, guarded
        self._whole = whole

    def give(self, path: Path, form: Form) -> TaskInput | None:
        """What gives a task of the DAG the value at a path in a form; None when nothing can."""
        return self._whole if (path, form) == ((), self.form) else None

    @property
    def output(self) -> TaskOutput | None:
        """The output of a task that has the whole value."""
        given = self.give((), self.form)
        return given if isinstance(given, TaskOutput) else None


class NoItems(Producer):
    """The list that a loop over no items gives."""

    def give(self, path: Path, form: Form) -> TaskInput:
        """It is the same in every form."""
        return Constant([])


class ComponentValue(Producer):
    """A value that a component gives, with an output for each facet that is asked for; `expression` is what its outputs
    read it by, `value` what it is in the pipeline."""

    def __init__(
        self, dag: DagDraft, task: TaskDraft, component: ComponentDraft, expression: str, value: Out, types: FormTypes
    ) -> None:
        super().__init__(dag, component.outputs["Output"].form)
        self._task, self._component, self._expression = task.name, component, expression
        self._value, self._types = value, types
        self._keys: dict[tuple[Path, Form], str] = {((), self.form): "Output"}

    def give(self, path: Path, form: Form) -> TaskInput | None:
        """Paths that every value of the type has, as what they are or as JSON."""
        key = self._keys.get((path, form))
        if key is None:
            if not self._has(path, form):
                return None
            base, number = identifier("_".join(map(str, path)) or form), 2
            key = base
            while key in self._component.outputs:
                key, number = f"{base}_{number}", number + 1
            self._component.gives(key, form, self._expression + subscripts(path))
            self._keys[path, form] = key
        return TaskOutput(self._task, key)

    def _has(self, path: Path, form: Form) -> bool:
        value, types = replace(self._value, path=path), self._types
        fits = form in ("json", types.form(value)) or (form == "texts" and types.is_list(value))
        return fits and types.cannot_fail(value)
