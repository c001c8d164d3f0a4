"""The body of the flow: submits everything, decides with plain Python, and leaves nothing unwaited.

A region makes the flow's own thread wait for what decides it: in every block calls come first and such
regions as late as their followers allow. A region that is not entered gives the futures that stopped it for
its values, and Prefect never runs what takes them.
"""

from __future__ import annotations

import heapq
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from typing_extensions import assert_never

from pipeglot.codegen.pysource import (
    Atom,
    Doc,
    Root,
    call,
    expression,
    flat,
    literal,
    statement,
    string,
)
from pipeglot.core.ir import (
    AnyNode,
    Call,
    Const,
    Continue,
    Cron,
    Ctx,
    Each,
    Group,
    If,
    Include,
    Item,
    Out,
    ParamRef,
    Value,
    parts,
)
from pipeglot.core.shape import Shape, inputs, out_refs, sources, transparent, unique

from .branch import BranchWriter
from .certain import Types
from .each import EachWriter
from .loops import Loops, Mode
from .place import Place, Var, listed
from .tasks import Module, Task, Tasks


class Flow:
    """Writes the statements of one flow."""

    def __init__(self, module: Module, shape: Shape, types: Types, tasks: Tasks) -> None:
        self.module, self.shape, self.types, self.tasks = module, shape, types, tasks
        self.loops = Loops(shape, types)
        self.region_runs: dict[str, tuple[str, ...]] = {}
        self._appended: set[str] = set()
        self.lines: list[str] = []
        self.local = module.locals(["runs", "stopped", "failed", "result", "lock"])
        self._locked = False
        context = {name: self.local(("context", name), name) for name in ("logical_date", "day", "run_id")}
        self._context = context
        self.taken = self._taken_values()

    def _taken_values(self) -> frozenset[str]:
        """The merged and collected values that something takes."""
        found = {ref for id in self.shape.nodes for ref in self.shape.waits(id).values}
        if self.module.pipeline.result is not None:
            found.update(out_refs(self.module.pipeline.result))
        ahead = [id for id in found if id in self.shape.values]
        taken = set(ahead)
        while ahead:
            refs = out_refs(*sources(self.shape.values[ahead.pop()]))
            new = [ref for ref in refs if ref in self.shape.values and ref not in taken]
            taken.update(new)
            ahead += new
        return frozenset(taken)

    # ------------------------------------------------------------ small parts

    def use(self, name: str) -> str:
        return self.module.use(name)

    def put(self, place: Place, prefix: str, doc: Doc | None = None, suffix: str = "") -> None:
        text = prefix if doc is None else statement(prefix, doc, suffix, place.indent)
        self.lines.append(text if doc is not None else " " * place.indent + text)

    def var(self, ref: Root, place: Place) -> Var:
        match ref:
            case Out():
                return place.outs[ref.ref]
            case Item():
                return place.items[ref.loop]
            case ParamRef():
                return Var(ref.name)
            case Ctx(name="state"):
                return Var('"failed" if failed else "succeeded"')
            case Ctx():
                return Var(self._context[ref.name])
            case _:
                assert_never(ref)

    def args(self, task: Task, place: Place) -> tuple[list[Doc], dict[str, Doc]]:
        """What a task is submitted with: by position, from the first constant on by name."""
        args: list[Doc] = []
        named: dict[str, Doc] = {}
        for name, value in task.takes:
            constant = isinstance(value, Const)
            doc = literal(value.value) if isinstance(value, Const) else Atom(self.var(value, place).text)
            if constant or named:
                named[name] = doc
            else:
                args.append(doc)
        return args, named

    def read(self, place: Place) -> Callable[[Root], str]:
        """How the flow's own thread reads a value that has completed."""

        def read(ref: Root) -> str:
            var = self.var(ref, place)
            if var.kind == "plain":
                return var.text
            if var.kind == "future":
                return f"{var.text}.result()"
            return f"{self.use('resolve_futures_to_results')}({var.text})"

        return read

    def index(self, place: Place, inner: str | None = None) -> str:
        """The expression of the index path at a place."""
        path = [*place.index, *([inner] if inner else [])]
        return path[0] if len(path) == 1 else 'f"' + ".".join("{" + name + "}" for name in path) + '"'

    def open(self, refs: Iterable[str], place: Place) -> list[str]:
        """The variables behind ids that may not have completed: what to wait for."""
        texts: list[str] = []
        for ref in refs:
            if ref in place.known:
                continue
            if ref in self.region_runs:
                texts += self.region_runs[ref]
            elif ref in place.outs and place.outs[ref].open:
                texts.append(place.outs[ref].text)
        return list(unique(texts))

    def lock(self) -> str:
        """The lock that keeps two threads from taking one place in a lane."""
        self._locked = True
        return "lock"

    def collect(self, place: Place, texts: Sequence[str]) -> None:
        """Put runs into the list that is waited for at the end."""
        if not texts:
            return
        docs = listed(unique(texts))
        self._appended.add(place.runs)
        if place.own:
            self.put(place, f"{place.runs} += ", docs)
        else:
            self.put(place, f"{place.runs}.extend(", docs, ")")

    # ------------------------------------------------------------ blocks

    def write(self) -> None:
        """All statements of the flow: `runs` is the list of everything that was started."""
        place = Place(4, ChainMap(), ChainMap())
        self._start(place)
        start = len(self.lines)
        made = self.block(self.module.pipeline.body, place)
        if self._locked:
            self.lines.insert(start, f"    lock = {self.use('Lock')}()")
        if "runs" in self._appended:
            self.lines.insert(start, f"    runs: list[{self.use('Any')}] = []")
            self.collect(place, made)
        else:
            self.put(place, "runs = ", listed(unique(made)))
        self._end(place)

    def _start(self, place: Place) -> None:
        """The facts of the run that something takes."""
        pipeline = self.module.pipeline
        values = [value for node in self.shape.nodes.values() for value in inputs(node)]
        values += [value for out in self.shape.values.values() for value in sources(out)]
        values += pipeline.final.call.args.values() if pipeline.final else []
        values += [pipeline.result] if pipeline.result is not None else []
        used = {part.name for value in values for part in parts(value) if isinstance(part, Ctx)}
        if "run_id" in used:
            self.put(place, f"{self._context['run_id']} = {self.use('flow_run')}.id")
        if not used & {"logical_date", "day"}:
            return
        tick = self.local("tick", "scheduled")
        self.put(place, f"{tick} = {self.use('flow_run')}.scheduled_start_time")
        if "logical_date" in used:
            utc = f"{tick}.astimezone({self.use('timezone')}.utc)"
            self.put(place, f'{self._context["logical_date"]} = {utc}.strftime("%Y-%m-%dT%H:%M:%SZ")')
        if "day" in used:
            schedule = pipeline.schedule
            zone = schedule.timing.timezone if schedule and isinstance(schedule.timing, Cron) else "UTC"
            moment = f"{tick}.astimezone({self.use('ZoneInfo')}({string(zone)}))"
            self.put(place, f'{self._context["day"]} = {moment}.strftime("%Y-%m-%d")')

    def block(self, nodes: Sequence[AnyNode], place: Place) -> list[str]:
        """The nodes of one block; gives the runs that are still to be collected."""
        made: list[str] = []
        for node in self.order(list(transparent(tuple(nodes))), place):
            match node:
                case Call():
                    made.append(self.call(node, place))
                case If():
                    made += BranchWriter(self).write(node, place)
                case Each():
                    made += EachWriter(self).write(node, place)
                case Group() | Include():
                    raise AssertionError(f"{node.kind} in a block whose groups are opened")
                case _:
                    assert_never(node)
        return made

    def order(self, nodes: list[AnyNode], place: Place) -> Iterator[AnyNode]:
        """As the author wrote them, but whatever makes the thread wait as late as possible."""
        position = {node.id: n for n, node in enumerate(nodes)}
        missing = {node.id: 0 for node in nodes}
        followers: dict[str, list[str]] = {node.id: [] for node in nodes}
        for node in nodes:
            for ref in self.shape.upstream(node.id):
                if ref in position:
                    missing[node.id] += 1
                    followers[ref].append(node.id)
        ready = [(self._waits(node, place), position[node.id]) for node in nodes if not missing[node.id]]
        heapq.heapify(ready)
        while ready:
            node = nodes[heapq.heappop(ready)[1]]
            yield node
            for id in followers[node.id]:
                missing[id] -= 1
                if not missing[id]:
                    heapq.heappush(ready, (self._waits(nodes[position[id]], place), position[id]))

    def _waits(self, node: AnyNode, place: Place) -> bool:
        """Whether a node makes the flow's thread wait."""
        if not isinstance(node, Each):
            return isinstance(node, If)
        mode = self.loops.mode(node)
        return mode == "threads" or not (self.lazy(node, mode) or self._is_entered(node, place))

    def lazy(self, node: Each, mode: Mode) -> bool:
        """Whether the calls of a loop may be submitted before it is entered: they wait by themselves."""
        return mode != "threads" and self.loops.all_static(node)

    def _is_entered(self, node: AnyNode, place: Place) -> bool:
        waits = self.shape.waits(node.id)
        decided = not isinstance(node, If | Each) or self.types.certain(node)
        return decided and set(waits.values) | set(waits.after) <= place.known

    # ------------------------------------------------------------ calls

    def call(self, node: Call, place: Place) -> str:
        task = self.tasks.call(node, loop=bool(place.index))
        waits = self.wait_for(node, task, place)
        name = self.local(node.id, node.id)
        options: dict[str, Doc] = {"index": Atom(self.index(place))} if place.index else {}
        args, more = self.args(task, place)
        options = {**more, **options}
        here = place
        if (bound := self.loops.bounds.get(node.id)) is not None:
            lane = call(self.use("lane"), Atom(self.lane(node.id)), bound)
            options["wait_for"] = listed([*waits, f"*{flat(lane)}"]) if waits else lane
            if place.threaded:
                self.put(place, f"with {self.lock()}:")
                here = replace(place, indent=place.indent + 4)
        elif waits:
            options["wait_for"] = listed(waits)
        self.put(here, f"{name} = ", call(f"{task.name}.submit", *args, **options))
        if bound is not None:
            self.put(here, f"{self.lane(node.id)}.append({name})")
        if node.policy.on_failure is not None:
            self._tolerate(name, node.policy.on_failure, node, place)
        place.outs[node.id] = Var(name, "future", open=True)
        return name

    def lane(self, id: str) -> str:
        """The list of the runs so far of a call that may not run at once in any number."""
        return self.local(("lane", id), f"{id}_runs")

    def _tolerate(self, name: str, policy: Continue, node: Call, place: Place) -> None:
        """Let what follows have the default when the call failed, though not when it was blocked."""
        waits = self.shape.waits(node.id)
        refs = [*waits.values, *waits.after, *self.inherited(node, place)]
        options: dict[str, Doc] = {}
        if waiting := self.open(refs, place):
            options["wait_for"] = listed(waiting)
        outcome = Atom(f"{self.use('allow_failure')}({name})")
        doc = call(f"{self.tasks.or_default()}.submit", outcome, policy.default, **options)
        self.put(place, f"{name} = ", doc)

    def inherited(self, node: AnyNode, place: Place) -> tuple[str, ...]:
        """What a node must wait for only because its loop has to be entered first: who waits for a run of that
        loop waits for it already, but a region may leave none."""
        waited = any(self._runs(ref) for ref in self.shape.upstream(node.id))
        return () if waited else place.entry

    def _runs(self, id: str) -> bool:
        """Whether a call is one, or a region holds any."""
        return any(isinstance(each, Call) for each in (self.shape.nodes[id], *self.shape.inside(id)))

    def wait_for(self, node: Call, task: Task, place: Place) -> list[str]:
        """What a call waits for beyond what it takes."""
        taken = task.refs()
        refs = [*self.shape.waits(node.id).after, *self.inherited(node, place)]
        return self.open([ref for ref in refs if ref not in taken], place)

    # ------------------------------------------------------------ values that leave a region

    def value(self, id: str, value: Value, place: Place, number: int = 0) -> tuple[Doc, Var, bool]:
        """A merged or collected value where it is made: its expression, its kind, whether it is a run."""
        if isinstance(value, Ctx) or (isinstance(value, Out | Item | ParamRef) and not value.path):
            var = self.var(value, place)
            return Atom(var.text), var, False
        taken = [place.outs[ref] for ref in out_refs(value)]
        if self.types.schema(value) is not None and all(v.kind == "plain" and not v.open for v in taken):
            return expression(value, self.read(place)), Var(""), False
        return self._pick(id, value, place, number), Var("", "future", open=True), True

    def _pick(self, id: str, value: Value, place: Place, number: int) -> Doc:
        task = self.tasks.pick(id, value, number, loop=bool(place.index))
        options: dict[str, Doc] = {"index": Atom(self.index(place))} if place.index else {}
        if waits := self.open(place.entry, place):
            options["wait_for"] = listed(waits)
        return call(f"{task.name}.submit", *self.args(task, place)[0], **options)

    # ------------------------------------------------------------ regions

    def decide(self, node: If | Each, place: Place, made: list[str]) -> tuple[str, list[str]]:
        """How a region is decided: the variable of the task run that does it, and what to wait for."""
        waits = self.shape.waits(node.id)
        refs = [*waits.values, *waits.after, *self.inherited(node, place)]
        if self.types.certain(node):
            return "", self.open(refs, place)
        task = self.tasks.decide(node, loop=bool(place.index))
        taken = task.refs()
        options: dict[str, Doc] = {"index": Atom(self.index(place))} if place.index else {}
        if waiting := self.open([ref for ref in refs if ref not in taken], place):
            options["wait_for"] = listed(waiting)
        name = self.local(("decide", node.id), node.id)
        args, _ = self.args(task, place)
        self.put(place, f"{name} = ", call(f"{task.name}.submit", *args, **options))
        made.append(name)
        return name, [name]

    def known(self, node: AnyNode, place: Place) -> frozenset[str]:
        """What has completed once a region is entered."""
        waits = self.shape.waits(node.id)
        return place.known.union(waits.values, waits.after, self.inherited(node, place))

    def sink(self, id: str, place: Place) -> str:
        """A list of the region's own runs, if something comes after the region."""
        if id not in self.loops.named:
            return ""
        name = self.local(("runs", id), f"{id}_runs")
        self.put(place, f"{name}: list[{self.use('Any')}] = []")
        self.region_runs[id] = (name,)
        return name

    def stopped(self, need: Sequence[str], names: Iterable[str], place: Place) -> None:
        """What a region gives that is not entered: the futures that stopped it."""
        doc = call(self.use("unfinished"), *map(Atom, need))
        self.put(place, "if stopped := ", doc, ":")
        for name in names:
            self.put(replace(place, indent=place.indent + 4), f"{name} = stopped")

    # ------------------------------------------------------------ the end

    def _end(self, place: Place) -> None:
        """Wait for everything, run the Final, and say how the run went."""
        pipeline = self.module.pipeline
        waited = f"{self.use('unfinished')}(runs)"
        failure = f"return {self.use('Failed')}" + '(message=f"{len(failed)} task runs did not complete")'
        if pipeline.final is None:
            self.put(place, f"if failed := {waited}:")
        else:
            node = pipeline.final.call
            task = self.tasks.call(node, loop=False)
            self.put(place, f"failed = {waited}")
            args, more = self.args(task, place)
            name = self.local(node.id, node.id)
            self.put(place, f"{name} = ", call(f"{task.name}.submit", *args, **more))
            self.put(place, f"failed += {self.use('unfinished')}({name})")
            self.put(place, "if failed:")
        self.put(replace(place, indent=place.indent + 4), failure)
        if pipeline.result is not None:
            self._result(pipeline.result, place)

    def _result(self, value: Value, place: Place) -> None:
        doc = expression(value, self.read(place))
        if self.types.schema(value) is not None:
            self.put(place, "return ", doc)
            return
        self.put(place, "try:")
        self.put(replace(place, indent=place.indent + 4), "return ", doc)
        self.put(place, "except (LookupError, TypeError):")
        self.put(replace(place, indent=place.indent + 4), "return None")


_HEADS = ("if ", "elif ", "else:", "for ", "def ")


def filled(lines: Iterable[str]) -> Iterator[str]:
    """The statements, with a `pass` in each block that has none: an arm or a loop of nothing."""

    def depth(line: str) -> int:
        return len(line) - len(line.lstrip())

    head: str | None = None
    for line in lines:
        if head is not None and line and depth(line) <= depth(head):
            yield " " * (depth(head) + 4) + "pass"
        head = line if line.lstrip().startswith(_HEADS) and line.endswith(":") else head if not line else None
        yield line
    if head is not None:
        yield " " * (depth(head) + 4) + "pass"
