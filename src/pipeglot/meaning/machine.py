"""The rules of states and regions, as a machine that is fed with the ends of calls.

The machine knows no time, thread or engine. It says which call instances are ready; whoever drives it
performs them in any way and order and tells how they ended: `pipeglot.meaning.run` runs them,
`pipeglot.meaning.derive` looks them up. Nothing here recurses over the number of nodes or items.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal, TypeAlias

from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import dataclass
from pipeglot.core.ir import AnyNode, Call, Collected, Each, Group, If, Include, Json, Merged, Value
from pipeglot.core.memory import no_collection
from pipeglot.core.record import CallRecord, Failure, RunState
from pipeglot.core.shape import Shape, out_refs, outputs, transparent, unique
from pipeglot.meaning.evaluate import EvaluationError, Unknown, evaluate, truth

CellState: TypeAlias = Literal["succeeded", "failed", "blocked", "skipped", "unknown"]
"""What is waited for; `unknown` occurs only when a run is read back from an engine that left no trace."""

Key: TypeAlias = tuple[str, tuple[int, ...]]
"""A call or region instance: id and index path."""

UNKNOWN = object()
"""The value of what succeeded without anyone having recorded its output."""


class Cell:
    """Something to wait for: a call, a region, a merged or a collected value, in one frame."""

    __slots__ = ("state", "value", "waiting")

    def __init__(self) -> None:
        self.state: CellState | None = None
        self.value: Any = UNKNOWN
        self.waiting: list[Callable[[], None]] = []


class BlockInstance:
    """One instance of a block: the top level, an arm that was taken, or the body of an Each for one item."""

    __slots__ = ("cells", "current", "index", "loop", "machine", "outer")

    def __init__(
        self,
        machine: Machine,
        outer: BlockInstance | None,
        index: tuple[int, ...],
        loop: str | None = None,
        item: Json = None,
    ) -> None:
        self.machine, self.outer, self.index = machine, outer, index
        self.loop, self.current = loop, item
        self.cells: dict[str, Cell] = {}

    def cell(self, ref: str) -> Cell:
        """The cell of what is in scope here; KeyError when nothing of that id is."""
        frame: BlockInstance | None = self
        while frame is not None:
            if ref in frame.cells:
                return frame.cells[ref]
            frame = frame.outer
        raise KeyError(ref)

    def out(self, ref: str) -> Json:
        value = self.cell(ref).value
        if value is UNKNOWN:
            raise Unknown(ref)
        return value

    def param(self, name: str) -> Json:
        value = self.machine.params[name]
        if value is UNKNOWN:
            raise Unknown(name)
        return value

    def item(self, loop: str) -> Json:
        frame: BlockInstance | None = self
        while frame is not None:
            if frame.loop == loop:
                if frame.current is UNKNOWN:
                    raise Unknown(loop)
                return frame.current
            frame = frame.outer
        raise KeyError(loop)

    def context(self, name: str) -> Json:
        return self.machine.context[name]


@dataclass(frozen=True)
class Instance:
    """A call that may run now."""

    call: Call
    frame: BlockInstance

    @property
    def key(self) -> Key:
        return self.call.id, self.frame.index

    def args(self) -> dict[str, Json]:
        """The call's arguments; raises EvaluationError when one cannot be formed."""
        return {name: evaluate(value, self.frame) for name, value in self.call.args.items()}


class Machine:
    """One run of a pipeline whose Includes are inlined.

    Take instances from `ready`, perform them, give each one's record to `end`. The run is over when nothing
    is ready and nothing taken is still to end.

    Attributes:
        ready: call instances that may run now.
        records: what has ended so far: calls, and regions that failed to decide.
    """

    def __init__(self, shape: Shape, params: Mapping[str, Json], context: Mapping[str, Json]) -> None:
        self.shape, self.pipeline = shape, shape.pipeline
        self.params, self.context = params, dict(context)
        self.ready: deque[Instance] = deque()
        self.records: list[CallRecord] = []
        self.top = BlockInstance(self, None, ())
        self._open: dict[Key, AnyNode] = {}
        self._due: deque[Callable[[], None]] = deque()
        self._waits: dict[str, tuple[str, ...]] = {}

    # ------------------------------------------------------------ driving

    @no_collection()
    def start(self) -> None:
        """Open the top level; what waits for nothing becomes ready."""
        cells = self._enter(self.pipeline.body, self.top)
        self._when(cells, self._last)
        self._pump()

    def end(self, instance: Instance, record: CallRecord | None) -> None:
        """Say how a ready instance ended; None when nobody knows and nothing may be concluded from it."""
        self._end_call(instance.call, instance.frame, record)
        self._pump()

    def state(self) -> RunState:
        """The state of the run by what has ended so far."""
        failed = any(record.state == "failed" and not record.tolerated for record in self.records)
        return "failed" if failed else "succeeded"

    def result(self) -> Json:
        """The value of the pipeline's result, or None when it is not available. Raises Unknown when nobody can say."""
        value = self.pipeline.result
        state = "skipped" if value is None else self._state_of(value, self.top)
        if state == "unknown":
            raise Unknown("result")
        if value is None or state != "succeeded":
            return None
        try:
            return evaluate(value, self.top)
        except EvaluationError:
            return None

    def unended(self) -> Iterator[Key]:
        """Every call instance that can be named and has not ended: what an interrupt leaves."""
        for (_id, index), node in self._open.items():
            yield from ((call.id, index) for call in self._calls(node))

    # ------------------------------------------------------------ points where `derive` differs

    def withhold(self, call: Call, index: tuple[int, ...], state: CellState) -> CallRecord | None:
        """The record of a call that the rules do not let run (`state`: blocked or skipped)."""
        assert state == "blocked" or state == "skipped"
        return CallRecord(id=call.id, index=index, state=state)

    def decide(self, region: If | Each, index: tuple[int, ...], choose: Callable[[], Json]) -> Json:
        """What an If or Each decides; raises EvaluationError when it cannot, Unknown when nobody can say."""
        return choose()

    def known_failure(self, region: If | Each, index: tuple[int, ...]) -> EvaluationError | None:
        """Why a region that was entered is known to have failed, apart from what the rules find."""
        return None

    def fail_region(self, region: If | Each, index: tuple[int, ...], error: EvaluationError) -> CallRecord | None:
        """The entry of a region that failed to decide."""
        failure = Failure(type=type(error).__name__, message=str(error))
        return CallRecord(id=region.id, index=index, state="failed", error=failure)

    # ------------------------------------------------------------ cells

    def _pump(self) -> None:
        while self._due:
            self._due.popleft()()

    def _when(self, cells: Iterable[Cell], then: Callable[[], None]) -> None:
        """Do `then` once all cells are settled."""
        waited_for = [cell for cell in cells if cell.state is None]
        missing = len(waited_for)
        if not missing:
            self._due.append(then)
            return
        if missing == 1:
            waited_for[0].waiting.append(then)
            return

        def one() -> None:
            nonlocal missing
            missing -= 1
            if not missing:
                then()

        for cell in waited_for:
            cell.waiting.append(one)

    def _settle(self, cell: Cell, state: CellState, value: Json = UNKNOWN) -> None:
        cell.state, cell.value = state, value
        self._due.extend(cell.waiting)
        cell.waiting = []

    def _state_of(self, value: Value, frame: BlockInstance) -> CellState:
        return together(frame.cell(ref).state for ref in out_refs(value))

    # ------------------------------------------------------------ blocks

    def _enter(self, body: tuple[AnyNode, ...], frame: BlockInstance) -> list[Cell]:
        """Start the nodes of a block; the cells that are settled when all of it has ended."""
        nodes = list(transparent(body))
        cells = frame.cells
        for node in nodes:
            self._open[node.id, frame.index] = node
            cells[node.id] = Cell()
            for leaving in () if isinstance(node, Call) else outputs(node):
                cells[leaving.id] = Cell()
        for node in nodes:
            waits = [frame.cell(ref) for ref in self._waits_of(node.id)]
            self._when(waits, partial(self._arrive, node, frame, waits))
        return [cells[node.id] for node in nodes]

    def _waits_of(self, id: str) -> tuple[str, ...]:
        """Ids of the cells a node waits for."""
        if id not in self._waits:
            waits = self.shape.waits(id)
            self._waits[id] = unique((*waits.values, *waits.after)) if waits.after else waits.values
        return self._waits[id]

    def _arrive(self, node: AnyNode, frame: BlockInstance, waits: list[Cell]) -> None:
        """All that a node waits for is settled."""
        state = together(cell.state for cell in waits)
        match node:
            case Call():
                if state == "succeeded":
                    self.ready.append(Instance(node, frame))
                else:
                    self._end_call(node, frame, self.withhold(node, frame.index, state))
            case If() | Each():
                del self._open[node.id, frame.index]
                if state == "succeeded":
                    self._decide(node, frame)
                else:
                    self._shut(self._calls(node), frame.index, state)
                    self._settle_region(node, frame, state, state)
            case Group() | Include():
                raise AssertionError(f"{node.kind} in a block whose groups are opened")
            case _:
                assert_never(node)

    def _end_call(self, call: Call, frame: BlockInstance, record: CallRecord | None) -> None:
        self._open.pop((call.id, frame.index), None)
        cell = frame.cells[call.id]
        if record is None:
            self._settle(cell, "unknown")
            return
        self.records.append(record)
        if record.tolerated:
            self._settle(cell, "succeeded", record.output if record.output_known else UNKNOWN)
        elif record.state == "cancelled":
            self._settle(cell, "unknown")
        else:
            self._settle(cell, record.state, record.output if record.output_known else UNKNOWN)

    def _last(self) -> None:
        """Everything has ended but the Final."""
        final = self.pipeline.final
        if final is not None:
            self.context["state"] = self.state()
            self.top.cells[final.call.id] = Cell()
            self._open[final.call.id, ()] = final.call
            self.ready.append(Instance(final.call, self.top))

    # ------------------------------------------------------------ regions

    def _calls(self, node: AnyNode) -> list[Call]:
        """The calls of a node at any depth: itself when it is one."""
        inside = [node, *self.shape.inside(node.id)] if node.id in self.shape.nodes else [node]
        return [each for each in inside if isinstance(each, Call)]

    def _shut(self, calls: Iterable[Call], index: tuple[int, ...], state: CellState) -> None:
        """Record calls that nothing will ever run, at the index path reached so far."""
        for call in calls:
            record = self.withhold(call, index, state)
            if record is not None:
                self.records.append(record)

    def _settle_region(self, region: If | Each, frame: BlockInstance, state: CellState, leaving: CellState) -> None:
        self._settle(frame.cells[region.id], state)
        for output in outputs(region):
            if frame.cells[output.id].state is None:
                self._settle(frame.cells[output.id], leaving)

    def _decide(self, region: If | Each, frame: BlockInstance) -> None:
        try:
            decision = self.decide(region, frame.index, partial(_choose, region, frame))
        except EvaluationError as error:
            self._shut(self._calls(region), frame.index, "blocked")
            self._record_failed(region, frame, error)
            self._settle_region(region, frame, "failed", "failed")
        except Unknown:
            self._shut(self._calls(region), frame.index, "unknown")
            self._settle_region(region, frame, "unknown", "unknown")
        else:
            if isinstance(region, If):
                self._take(region, frame, decision)
            else:
                self._expand(region, frame, decision)

    def _take(self, region: If, frame: BlockInstance, taken: int | None) -> None:
        cells: list[Cell] = []
        inner = BlockInstance(self, frame, frame.index)
        for number, arm in enumerate(region.arms):
            if number == taken:
                cells = self._enter(arm.body, inner)
            else:
                calls = [call for node in arm.body for call in self._calls(node)]
                self._shut(calls, frame.index, "skipped")
        merged = () if taken is None else region.merged
        self._leave(region, frame, cells, [(m, [(m.values[taken or 0], inner)]) for m in merged])

    def _expand(self, region: Each, frame: BlockInstance, items: list[Json]) -> None:
        frames = [
            BlockInstance(self, frame, (*frame.index, number), region.id, item) for number, item in enumerate(items)
        ]
        cells = [cell for inner in frames for cell in self._enter(region.body, inner)]
        self._leave(region, frame, cells, [(c, [(c.value, f) for f in frames]) for c in region.collected])

    def _leave(
        self,
        region: If | Each,
        frame: BlockInstance,
        cells: list[Cell],
        leaving: Sequence[tuple[Merged | Collected, list[tuple[Value, BlockInstance]]]],
    ) -> None:
        """Form the values that leave a region, each as soon as it can be, and end the region after all."""
        known = self.known_failure(region, frame.index)
        errors: dict[str, EvaluationError] = {}

        def form(output: Merged | Collected, made_of: list[tuple[Value, BlockInstance]], waits: list[Cell]) -> None:
            cell = frame.cells[output.id]
            state = together(wait.state for wait in waits)
            if state != "succeeded":
                self._settle(cell, state)
                return
            try:
                if known is not None:
                    raise known
                values = [evaluate(value, inner) for value, inner in made_of]
            except EvaluationError as error:
                errors[output.id] = error
                self._settle(cell, "failed")
            except Unknown:
                self._settle(cell, "succeeded")
            else:
                self._settle(cell, "succeeded", values if isinstance(output, Collected) else values[0])

        def end() -> None:
            states = {cell.state for cell in cells}
            bad = bool(states & {"failed", "blocked"})
            found = known or next((errors[output.id] for output, _ in leaving if output.id in errors), None)
            if found is not None:
                self._record_failed(region, frame, found)
            state: CellState = "failed" if bad or found else "unknown" if "unknown" in states else "succeeded"
            self._settle(frame.cells[region.id], state)

        for output, made_of in leaving:
            waits = [inner.cell(ref) for value, inner in made_of for ref in out_refs(value)]
            self._when(waits, partial(form, output, made_of, waits))
        self._when([*cells, *(frame.cells[output.id] for output, _ in leaving)], end)

    def _record_failed(self, region: If | Each, frame: BlockInstance, error: EvaluationError) -> None:
        record = self.fail_region(region, frame.index, error)
        if record is not None:
            self.records.append(record)


def together(states: Iterable[CellState | None]) -> CellState:
    """The state of what waits for, or is made of, things in these states.

    >>> together(["succeeded", "skipped", "failed"])
    'blocked'
    """
    found: CellState = "succeeded"
    for state in states:
        if state == "failed" or state == "blocked":
            return "blocked"
        if state == "unknown" or (state == "skipped" and found == "succeeded"):
            found = state
    return found


def _choose(region: If | Each, frame: BlockInstance) -> Json:
    """The number of the arm to take, None for none, or the items to expand over."""
    if isinstance(region, Each):
        items = evaluate(region.items, frame)
        if not isinstance(items, list):
            raise EvaluationError(f"the items of {region.id} are no list but {type(items).__name__}")
        return items
    for number, arm in enumerate(region.arms):
        if arm.when is None or truth(arm.when, frame):
            return number
    return None
