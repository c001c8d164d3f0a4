"""What a Kubeflow Pipelines cluster makes of a PipelineSpec, by the rules of its driver and of the workflow it
compiles to (kubeflow/pipelines, backend/src/v2): the code of components really runs, one task after the other.

- A task starts when all it depends on has succeeded; a skipped or failed task lets nothing behind it start.
- A condition that is not true skips its task; one that cannot be evaluated fails it.
- A DAG has failed when a task in it has.
- The inputs of a task are resolved when it starts; what is not there, or is of another type, fails it.
- An output that is one of several is that of the first that succeeded.
- A loop gives the lists of what its instances gave, those of a loop within it in one flat list; a loop of no
  items gives nothing, and what takes it fails. Its instances do not see the list.
- An exit task runs when what it waits for has ended.

Times are those of a cluster that starts every task as soon as it may, each as long as it took here; but for the instances
of a loop, of which each starts when the one before it has ended.
"""

import ast
import json
import math
import re
import time

PLACE = re.compile(r"inputs\.parameter_values\['([^']+)'\]")


class Problem(Exception):
    """Why the driver fails a task."""


class Listed(list):
    """What a loop gave."""


class Event:
    """One task instance that ran a component."""

    def __init__(self, task, index):
        self.task, self.index, self.state = task, index, "failed"
        self.attempts, self.outputs, self.error = 0, None, None
        self.started = self.ended = None
        self.tries = []


class Rules:
    """One run. `execute(task, index, executor, inputs, outputs)` runs a component: its outputs, or an exception."""

    def __init__(self, spec, execute, clock, sleep=time.sleep):
        self.spec, self.execute, self.clock, self.sleep = spec, execute, clock, sleep
        self.components = spec.get("components", {})
        self.executors = spec["deploymentSpec"]["executors"]
        self.events = []

    def run(self, arguments):
        """Whether the run succeeded."""
        root = self.spec["root"]
        inputs = {}
        for name, about in root.get("inputDefinitions", {}).get("parameters", {}).items():
            if name in arguments:
                inputs[name] = arguments[name]
            elif "defaultValue" in about:
                inputs[name] = about["defaultValue"]
        return self.dag(root, inputs, (), self.clock())[0] == "succeeded"

    def dag(self, component, inputs, index, at):
        """State and outputs of a DAG, and when it has ended."""
        tasks = component["dag"]["tasks"]
        states, outputs, ends = {}, {}, {}
        exits = {name for name, task in tasks.items() if self.is_exit(task)}
        for name in self.order(tasks, exits):
            waits = self.waits(tasks[name])
            ends[name] = ready = max([at, *(ends[each] for each in waits)])
            if all(states[each] == "succeeded" for each in waits):
                states[name], outputs[name], ends[name] = self.task(name, tasks[name], inputs, outputs, index, ready)
            else:
                states[name] = "omitted"
        for name in exits:
            upstream = tasks[name]["dependentTasks"]
            status = {"state": {"succeeded": "COMPLETE"}.get(states[upstream[0]], "FAILED"), "error": {}}
            ready = max([at, *(ends[each] for each in upstream)])
            states[name], outputs[name], ends[name] = self.task(
                name, tasks[name], inputs, outputs, index, ready, status
            )
        end = max([at, *ends.values()])
        if "failed" in states.values():
            return "failed", {}, end
        given = {}
        for key, about in component["dag"].get("outputs", {}).get("parameters", {}).items():
            selectors = about.get("valueFromOneof", {}).get("parameterSelectors") or [about["valueFromParameter"]]
            for each in selectors:
                producer, output = each["producerSubtask"], each["outputParameterKey"]
                if states.get(producer) == "succeeded" and output in outputs[producer]:
                    given[key] = outputs[producer][output]
                    break
        return "succeeded", given, end

    @staticmethod
    def is_exit(task):
        return task.get("triggerPolicy", {}).get("strategy") == "ALL_UPSTREAM_TASKS_COMPLETED"

    @staticmethod
    def waits(task):
        given = task.get("inputs", {}).get("parameters", {}).values()
        producers = {each["taskOutputParameter"]["producerTask"] for each in given if "taskOutputParameter" in each}
        return producers | set(task.get("dependentTasks", ()))

    def order(self, tasks, exits):
        left = sorted(set(tasks) - exits)
        done = set()
        while left:
            ready = [name for name in left if self.waits(tasks[name]) <= done]
            if not ready:
                raise Problem(f"the tasks {left} wait for one another, or for a task that is not in their DAG")
            for name in ready:
                yield name
                left.remove(name)
                done.add(name)

    def task(self, name, task, inputs, outputs, index, at, status=None):
        component = self.components[task["componentRef"]["name"]]
        try:
            given = self.given(task, component, inputs, outputs, status)
            condition = task.get("triggerPolicy", {}).get("condition")
            if condition and not truth(condition, given):
                return "skipped", {}, at
            if "parameterIterator" in task:
                return self.loop(task, component, given, index, at)
        except Problem as problem:
            event = Event(name, index)
            event.error = {"type": "DriverError", "message": str(problem)}
            event.started = event.ended = at
            self.events.append(event)
            return "failed", {}, at
        if "dag" in component:
            return self.dag(component, given, index, at)
        return self.component(name, task, component, given, index, at)

    def loop(self, task, component, given, index, at):
        iterator = task["parameterIterator"]
        name = iterator["items"].get("inputParameter")
        items = json.loads(iterator["items"]["raw"]) if name is None else given.get(name)
        if not isinstance(items, list):
            raise Problem(f"no list to iterate over: {items!r}")
        rest = {key: value for key, value in given.items() if key != name}
        states, collected = [], {}
        for number, item in enumerate(items):
            inner = {**rest, iterator["itemInput"]: plain(item)}
            self.check(component, inner, skip=name)
            state, values, at = self.dag(component, inner, (*index, number), at)
            states.append(state)
            for key, value in values.items():
                into = collected.setdefault(key, Listed())
                into.extend(value) if isinstance(value, Listed) else into.append(value)
        return ("failed" if "failed" in states else "succeeded"), collected, at

    def given(self, task, component, inputs, outputs, status):
        found = {}
        for name, about in task.get("inputs", {}).get("parameters", {}).items():
            if "componentInputParameter" in about:
                source = about["componentInputParameter"]
                if source not in inputs:
                    raise Problem(f"the DAG has no input {source!r}")
                found[name] = inputs[source]
            elif "taskOutputParameter" in about:
                port = about["taskOutputParameter"]
                values = outputs.get(port["producerTask"], {})
                if port["outputParameterKey"] not in values:
                    raise Problem(f"{port['producerTask']!r} gave no {port['outputParameterKey']!r}")
                found[name] = values[port["outputParameterKey"]]
            elif "taskFinalStatus" in about:
                found[name] = status
            else:
                found[name] = about["runtimeValue"]["constant"]
        iterator = task.get("parameterIterator", {})
        self.check(component, found, skip=iterator.get("itemInput"))
        return found

    @staticmethod
    def check(component, given, skip):
        for name, about in component.get("inputDefinitions", {}).get("parameters", {}).items():
            if name == skip:
                continue
            if name not in given:
                if about.get("isOptional") or "defaultValue" in about:
                    continue
                raise Problem(f"no value for the input {name!r}")
            kind = about["parameterType"]
            fits = {
                "STRING": str,
                "LIST": list,
                "STRUCT": dict,
                "TASK_FINAL_STATUS": dict,
                "BOOLEAN": bool,
                "NUMBER_INTEGER": (int, float),
                "NUMBER_DOUBLE": (int, float),
            }[kind]
            value = given[name]
            if not isinstance(value, fits) or (isinstance(value, bool) and kind != "BOOLEAN"):
                raise Problem(f"the input {name!r} is {type(value).__name__}, not {kind}")

    def component(self, name, task, component, given, index, at):
        executor = self.executors[component["executorLabel"]]
        event = Event(name, index)
        self.events.append(event)
        policy = task.get("retryPolicy", {})
        delay = seconds(policy.get("backoffDuration", "0s"))
        ceiling = seconds(policy.get("backoffMaxDuration", "3600s"))
        inputs = {key: whole(value) for key, value in given.items()}
        types = component.get("outputDefinitions", {}).get("parameters", {})
        event.started, began = at, self.clock()
        for attempt in range(int(policy.get("maxRetryCount", 0)) + 1):
            if attempt:
                self.sleep(min(delay * policy.get("backoffFactor", 2.0) ** (attempt - 1), ceiling))
            event.attempts += 1
            try:
                found = self.execute(name, index, executor, inputs, types)
                event.outputs = {key: plain(value) for key, value in found.items()}
                event.state, event.error = "succeeded", None
            except Exception as error:
                event.error = {"type": type(error).__name__, "message": str(error)[:10_000]}
            event.tries.append((inputs, event.outputs, event.error))
            if event.state == "succeeded":
                break
        event.ended = at + (self.clock() - began)
        return event.state, event.outputs or {}, event.ended


def seconds(text):
    return float(text.removesuffix("s"))


def plain(value):
    """A value as KFP keeps it: numbers are doubles."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float):
        if not math.isfinite(value):
            raise ValueError(f"{value!r} is no JSON")
        return float(value)
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return type(value)(plain(each) for each in value) if isinstance(value, Listed) else [plain(each) for each in value]


def whole(value):
    """A value as a component reads it on a cluster: whole doubles are written without a point."""
    if isinstance(value, float) and value == int(value) and abs(value) < 1e21:
        return int(value)
    if isinstance(value, dict):
        return {key: whole(each) for key, each in value.items()}
    return [whole(each) for each in value] if isinstance(value, list) else value


# ---------------------------------------------------------------- conditions


def truth(condition, given):
    """A condition in the part of CEL that is used here; Problem when it cannot be evaluated."""
    text = PLACE.sub(lambda found: f"_({found[1]!r})", condition)
    text = re.sub(r"!(?=\()", " not ", text.replace("&&", " and ").replace("||", " or "))
    try:
        value = _value(ast.parse(text.strip(), mode="eval").body, given)
    except SyntaxError as error:
        raise Problem(f"the condition {condition!r}: {error}") from None
    if not isinstance(value, bool):
        raise Problem(f"the condition {condition!r} is {value!r}")
    return value


def _value(node, given):  # noqa: C901 -- one case for each kind of expression
    match node:
        case ast.BoolOp(op=op, values=values):
            wanted = isinstance(op, ast.Or)
            for each in values:
                if _bool(each, given) is wanted:
                    return wanted
            return not wanted
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _bool(operand, given)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, given)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _compare(op, _value(left, given), _value(right, given))
        case ast.Call(func=ast.Name(id="int"), args=[inner]):
            value = _value(inner, given)
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise Problem(f"int({value!r})")
            return int(value)
        case ast.Call(func=ast.Name(id="_"), args=[ast.Constant(value=name)]):
            if name not in given:
                raise Problem(f"no such key: {name}")
            return given[name]
        case ast.List(elts=items):
            return [_value(each, given) for each in items]
        case ast.Name(id="true" | "false" as word):
            return word == "true"
        case ast.Constant(value=value):
            return value
    raise Problem(f"not known here: {ast.dump(node)}")


def _bool(node, given):
    value = _value(node, given)
    if not isinstance(value, bool):
        raise Problem(f"no such overload: {value!r} is no bool")
    return value


def _compare(op, left, right):
    def kind(value):
        return bool if isinstance(value, bool) else float if isinstance(value, int | float) else type(value)

    alike = kind(left) is kind(right) or {kind(left), kind(right)} == {list, Listed}
    match op:
        case ast.Eq():
            return alike and left == right
        case ast.NotEq():
            return not (alike and left == right)
        case ast.In():
            return any(kind(each) is kind(left) and each == left for each in right)
    if not alike or kind(left) not in (float, str):
        raise Problem(f"no such overload: {left!r} and {right!r}")
    match op:
        case ast.Lt():
            return left < right
        case ast.LtE():
            return left <= right
        case ast.Gt():
            return left > right
        case ast.GtE():
            return left >= right
    raise Problem("not known here")
