"""The op definitions of a generated file: a thin function for every op of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeglot.codegen import pod
from pipeglot.codegen.code import Code, joined
from pipeglot.codegen.docstrings import fits_docstring
from pipeglot.codegen.expressions import expression, fitting
from pipeglot.codegen.names import Names, identifier
from pipeglot.codegen.origin import leaving, orders
from pipeglot.codegen.pod import limits, requests, variables
from pipeglot.codegen.pysource import WIDTH, Atom, Bracket, Doc, Entry, Spelling, call, flat, literal, marked, spelled
from pipeglot.codegen.python import invocation
from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import replace
from pipeglot.core.inference import Types
from pipeglot.core.ir import (
    Call,
    Const,
    Ctx,
    Imported,
    Inlined,
    Item,
    Json,
    Out,
    ParamRef,
    Policy,
    Value,
)

from .layout import statement
from .lower import RESERVED, item_name, job_name, node_name
from .module import DagsterModule
from .params import Params
from .plan import Check, Choose, Done, Fan, Gather, Graph, Op, Pick, Plan, ReturnValue, RunBody, Step


class Ops:
    """Writes the op definitions of a plan.

    Attributes:
        inputs: of every op, the names of its inputs with a value, by what they are.
        orders: of every op, the names of its inputs without a value, in order.
    """

    def __init__(
        self, module: DagsterModule, plan: Plan, types: Types, params: Params, extra: Mapping[str, Any]
    ) -> None:
        self.module, self.plan, self.types, self.params, self.extra = module, plan, types, params, extra
        self.inputs: dict[Op, dict[Out | Item, str]] = {}
        self.orders: dict[Op, list[str]] = {}
        self.prefix = job_name(module.pipeline)
        self.functions = {op: module.name(op, f"{identifier(op.name)}_op") for op in plan.ops()}
        self.after, self.values = orders(module.pipeline), leaving(module.pipeline)
        self.jobs: dict[str, str] = {
            body.name: module.name(("job", body.name), identifier(body.job)) for body in plan.bodies
        }

    def source(self, op: Op, graph: Graph) -> Code:
        """The definition of one op."""
        made = _OpText(self, op, graph).text().of(op.node, "Pipeline.final" if graph is self.plan.final else None)
        return made.of(op.value, self.values[op.value]) if op.value else made


class _OpText:
    def __init__(self, ops: Ops, op: Op, graph: Graph) -> None:
        self.ops, self.op, self.graph, self.module = ops, op, graph, ops.module
        self.own = graph is ops.plan.main
        self.needs: set[str] = set()
        # Names of nothing but this function: it calls what stands in the file.
        self.names = Names({*RESERVED, *module_names(ops.module, op)}, _input_name)
        self.table = self._table()

    def _table(self) -> dict[Out | Item, str]:
        """A parameter for each input: named like the argument it is given for, else like what it refers to."""
        wanted: dict[Out | Item, str] = {}
        if isinstance(self.op.work, Step):
            for name, value in self.op.work.call.args.items():
                if isinstance(value, Out | Item):
                    wanted.setdefault(replace(value, path=()), name)
        body = self.op.work.body.inputs if isinstance(self.op.work, RunBody) else {}
        for root, handle in body.items():
            wanted[root] = getattr(handle.op, "name")  # noqa: B009
        return {root: self.names(root, wanted.get(root, _words(root))) for root in self.op.takes}

    def text(self) -> Code:
        op, module = self.op, self.module
        body = self.body()
        orders = [self.names(("order", n), name) for n, (name, _) in enumerate(op.order)]
        self.ops.inputs[op], self.ops.orders[op] = self.table, orders
        told: dict[str, Any] = {"name": f"{self.ops.prefix}__{op.name}"}
        doc = self.description()
        if doc and not fits_docstring(doc):
            told["description"] = doc
        if orders:
            nothing = call(module.dg("In"), Atom(module.dg("Nothing")))
            told["ins"] = literal({name: nothing for name in orders})
        if isinstance(op.work, RunBody):
            told["required_resource_keys"] = Atom('{"io_manager"}')
        told |= self.outs()
        if isinstance(op.work, Step):
            told |= self.policy(op.work.call.policy)
        told |= self.tags()
        # With annotations as text, which the author's file may ask for, Dagster refuses the one of a context.
        kind = (
            ""
            if module.author.imported.get("annotations") == "__future__.annotations"
            else f": {module.dg('OpExecutionContext')}"
        )
        context = Entry("", Atom(f"context{kind}"))
        entries = [context] if "context" in self.needs else []
        if "params" in self.needs:
            entries.append(Entry("", Atom(f"params: {module.params}")))
        entries += [Entry("", Atom(name)) for name in self.table.values()]
        if op.fan_in:
            entries.append(Entry("", Atom(f"{self.list_name()}: list")))
        head = statement("", Bracket(f"def {self.ops.functions[op]}(", tuple(entries), ")"), ":")
        lines: list[str] = [statement("@", spelled(call(module.dg("op"), **told), self.spelling())), head]
        if doc and fits_docstring(doc) and isinstance(op.work, Step):
            lines.append(Code(f'    """{doc}"""').of(op.work.call.step, "Step.description"))
        return joined([*lines, *body])

    def spelling(self) -> Spelling:
        """What the arguments of the decorator are there for."""
        op, after = self.op, self.ops.after.get(self.op.node, "")
        if not isinstance(op.work, Step):
            return {"ins": after}
        node, given = op.work.call, self.ops.extra.get(op.node, {})
        own = {name: ((f"dagster.ops.{node.id}.{name}", "Pipeline.options"),) for name in given}
        inner = given.get("tags", {})
        container: Spelling = {
            "container_config": pod.spelling(node.policy.resources),
            "pod_spec_config": "Resources.node_selector",
        }
        return {
            "name": "Call.id",
            "description": ((node.step, "Step.description"),),
            "ins": after,
            "retry_policy": {"max_retries": "Retry.count", "delay": "Retry.delay", "backoff": "Retry.backoff"},
            **own,
            "tags": {
                "pipeline/max_parallel": ((op.loop, "Each.max_parallel"),),
                "dagster-k8s/config": container,
                **{key: ((f"dagster.ops.{node.id}.tags.{key}", "Pipeline.options"),) for key in inner},
            },
        }

    def list_name(self) -> str:
        return "values" if isinstance(self.op.work, Pick) else "runs"

    def description(self) -> str:
        if isinstance(self.op.work, Step):
            return self.module.steps[self.op.work.call.step].description
        return ""

    # ------------------------------------------------------------ decorator

    def outs(self) -> dict[str, Any]:
        op, dg = self.op, self.module.dg
        nothing = Atom(dg("Nothing"))
        match op.work:
            case Fan():
                return {"out": call(dg("DynamicOut"))}
            case Choose():
                optional = call(dg("Out"), nothing, is_required=False)
                outs = {out: call(dg("Out"), nothing) if out == "decided" else optional for out in op.outs}
                return {"out": literal(outs)}
            case Gather():
                return {"out": literal({out: call(dg("Out"), is_required=False) for out in op.outs})}
            case Check() | Done():
                return {"out": call(dg("Out"), nothing)}
            case Step() | ReturnValue() | Pick() | RunBody():
                return {}
            case _:
                assert_never(op.work)

    def policy(self, policy: Policy) -> dict[str, Any]:
        if (told := retry_policy(policy)) is None:
            return {}
        if "backoff" in told:
            told["backoff"] = Atom(self.module.dg(f"Backoff.{told['backoff']}"))
        return {"retry_policy": call(self.module.dg("RetryPolicy"), **told)}

    def tags(self) -> dict[str, Any]:
        op = self.op
        given = dict(self.ops.extra.get(op.node, {})) if isinstance(op.work, Step) else {}
        tags: dict[str, Json] = {}
        if op.max_parallel is not None:
            tags["pipeline/max_parallel"] = op.name
        if container := pod_settings(_pod_of(op)):
            tags["dagster-k8s/config"] = container
        tags |= given.pop("tags", {})
        return ({"tags": tags} if tags else {}) | given

    # ------------------------------------------------------------ body

    def body(self) -> list[str]:
        match self.op.work:
            case Step(call=node):
                return self.step(node)
            case Choose():
                return self.choose(self.op.work)
            case Fan(each=each):
                return self.fan(each.items)
            case ReturnValue(value=value):
                return [self.give(expression(value, self.ref))]
            case Pick():
                return [self.give(Atom("values[0]"))]
            case RunBody(body=body):
                return self.run_body(body)
            case Gather():
                return [self.give(call(self.module.use("gathered"), Atom("runs"), *self.op.outs), "yield from ")]
            case Check():
                return [f"    {self.module.use('all_succeeded')}(runs)"]
            case Done():
                return ["    pass"]
            case _:
                assert_never(self.op.work)

    @staticmethod
    def give(doc: Doc, word: str = "return ", indent: int = 4) -> Code:
        return statement(word, doc, indent=indent)

    def step(self, node: Call) -> list[str]:
        module, policy = self.module, node.policy
        retry, last = policy.retry, policy.retry.count if policy.retry else 0
        levels: list[Code] = []
        if retry is not None and retry_policy(policy) is None:
            self.needs.add("context")
            waits = retry.waits()
            tail = next(n for n in range(len(waits)) if len(set(waits[n:])) == 1)
            shown = flat(literal(waits))
            if len(waits) - tail > 3:
                shown = f"{flat(literal(waits[:tail]))} + [{waits[-1]}] * {len(waits) - tail}"
            fields = [(None, f"Retry.{name}") for name in type(retry).__fields__]
            levels.append(marked(f"with {module.use('retried')}(context, {shown}):", fields))
        if policy.timeout is not None:
            levels.append(Code(f"with {module.use('time_limit')}({policy.timeout}):").of(attribute="Policy.timeout"))
        tolerant = policy.on_failure is not None
        final = self.graph is self.ops.plan.final
        if tolerant or final:
            levels.insert(0, Code("try:"))
        indent = 4 + 4 * len(levels)
        lines: list[str] = [" " * (4 + 4 * n) + level for n, level in enumerate(levels)]
        doc = invocation(module.steps[node.step], node, self.ref, module.imports)
        lines.append(self.give(doc, indent=indent))
        if not tolerant and not final:
            return lines
        self.needs.add("context")
        if policy.on_failure is not None:
            caught: list[str] = ["    except Exception as error:"]
            if last:
                caught += [f"        if context.retry_number < {last}:", "            raise"]
            default = literal(policy.on_failure.default)
            caught.append(self.give(call(module.use("tolerated"), Atom("context"), Atom("error"), default), indent=8))
            return [*lines, joined(caught).of(attribute="Policy.on_failure")]
        lines.append("    except Exception:")
        failed = f"{module.use('final_failed')}(context)"
        if last:
            lines += [f"        if context.retry_number == {last}:", f"            {failed}"]
        else:
            lines.append(f"        {failed}")
        return [*lines, "        raise"]

    def choose(self, work: Choose) -> list[str]:
        lines: list[str] = []
        word = "if "
        for arm, out in zip(work.region.arms, work.arms, strict=True):
            taken = f'yield {self.module.dg("Output")}(None, "{out}")' if out else "pass"
            if arm.when is not None:
                test = fitting(arm.when, self.ref, WIDTH - 4 - len(word) - 1)
                lines.append(statement(word, test, ":", indent=4).of(attribute="Arm.when"))
                lines.append(f"        {taken}")
                word = "elif "
            elif out:
                always = word == "if "
                lines += [f"    {taken}"] if always else ["    else:", f"        {taken}"]
        if work.decided:
            lines.append(f'    yield {self.module.dg("Output")}(None, "decided")')
        return lines

    def fan(self, items: Value) -> list[str]:
        if isinstance(items, Const) and items.value == []:
            return ["    yield from ()"]
        source = expression(items, self.ref)
        if not self.ops.types.is_list(items):
            source = call(self.module.use("listed"), source)
        return [
            statement("for index, item in ", call("enumerate", source), ":", indent=4).of(attribute="Each.items"),
            f"        yield {self.module.dg('DynamicOutput')}(item, mapping_key=str(index))",
        ]

    def run_body(self, body: Graph) -> list[str]:
        self.needs.add("context")
        given = {getattr(handle.op, "name"): Atom(self.table[root]) for root, handle in body.inputs.items()}  # noqa: B009
        job = Atom(self.ops.jobs[body.name])
        return [self.give(call(self.module.use("run_item"), Atom("context"), job, literal(given)))]

    def ref(self, root: Out | Item | ParamRef | Ctx) -> str:
        """The expression for a reference inside this op."""
        match root:
            case Out() | Item():
                return self.table[root]
            case ParamRef(name=name):
                self.needs.add("params")
                return f"params.{self.ops.params.field(name)}"
            case Ctx(name="run_id"):
                self.needs.add("context")
                return "context.run_id" if self.own else f"{self.module.use('main_run')}(context)"
            case Ctx(name="state"):
                self.needs.add("context")
                return f"{self.module.use('run_state')}(context)"
            case Ctx(name=name):
                self.needs |= {"context", "params"}
                return f"{self.module.use('logical_date' if name == 'logical_date' else 'run_day')}(context, params)"
            case _:
                assert_never(root)


def module_names(module: DagsterModule, op: Op) -> set[str]:
    """What the function of an op uses of its file: its inputs have other names."""
    found = {*module.engine_names, "context", "params", "error", "index", "item"}
    if isinstance(op.work, Step):
        run = module.steps[op.work.call.step].run
        found |= {run.module.partition(".")[0]} if isinstance(run, Imported) else set()
        found |= {run.name} if isinstance(run, Inlined) else set()
    return found


def retry_policy(policy: Policy) -> dict[str, Any] | None:
    """A Dagster policy with exactly the waits of a call, if there is one.

    >>> from pipeglot.core.ir import Retry
    >>> retry_policy(Policy(retry=Retry(count=3, delay=10, backoff=2)))
    >>> retry_policy(Policy(retry=Retry(count=2, delay=10, backoff=2)))
    {'max_retries': 2, 'delay': 10, 'backoff': 'LINEAR'}
    """
    if policy.retry is None:
        return None
    waits = policy.retry.waits()
    first, numbers = waits[0], range(1, len(waits) + 1)
    told: dict[str, Any] = {"max_retries": len(waits)} | ({"delay": first} if first else {})
    if len(set(waits)) == 1:
        return told
    if waits == [first * n for n in numbers]:
        return told | {"backoff": "LINEAR"}
    if waits == [first * (2**n - 1) for n in numbers]:
        return told | {"backoff": "EXPONENTIAL"}
    return None


def _pod_of(op: Op) -> Policy:
    """What decides about the pod of an op: its call's policy; for a run of a body, which happens in its pod, the secrets
    of all calls in that."""
    match op.work:
        case Step(call=node):
            return node.policy
        case RunBody(body=body):
            found = {secret.env: secret for inner in body.ops() for secret in _pod_of(inner).secrets}
            return Policy(secrets=tuple(found.values()))
        case Choose() | Fan() | ReturnValue() | Pick() | Gather() | Check() | Done():
            return Policy()
        case _:
            assert_never(op.work)


def pod_settings(policy: Policy) -> dict[str, Json]:
    """What `dagster-k8s` reads from a tag of the op."""
    asked = policy.resources
    container: dict[str, Json] = {}
    told: dict[str, Json] = {}
    if env := variables(policy.secrets):
        container["env"] = env
    if asked is not None:
        given = {"requests": requests(asked), "limits": limits(asked)}
        if resources := {name: value for name, value in given.items() if value}:
            container["resources"] = resources
        if asked.node_selector:
            told["pod_spec_config"] = {"node_selector": dict(asked.node_selector)}
    return {"container_config": container, **told} if container else told


def _words(root: Out | Item) -> str:
    return root.ref if isinstance(root, Out) else item_name(root.loop)


def _input_name(text: str) -> str:
    """A name for an input: a legal one of an op, and no name of a field of a named tuple."""
    name = node_name(text).strip("_") or "value"
    return f"v{name}" if name[0].isdigit() else name
