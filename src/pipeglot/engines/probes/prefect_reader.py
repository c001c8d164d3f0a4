"""Say what a flow declares, as Prefect has loaded it, with the deployments that stand in its file or in the `prefect.yaml`
beside it. Runs under Prefect's own Python, without a server.

A flow's body is Python that decides while it runs: its tasks are those that it names, and in which order and how often they
run is not told.
"""

import ast
import functools
import inspect
import types

import prefect_deployments
import prefect_run
import reading
from reading import bare, said, seconds

HOOKS = {
    "on_completion_hooks": "success",
    "on_failure_hooks": "failure",
    "on_running_hooks": "start",
    "on_cancellation_hooks": "cancellation",
    "on_crashed_hooks": "crash",
    "on_rollback_hooks": "rollback",
    "on_commit_hooks": "commit",
}
TASK_SETTINGS = {
    "cache_key_fn": None,
    "cache_expiration": None,
    "refresh_cache": None,
    "persist_result": None,
    "result_storage": None,
    "result_serializer": None,
    "result_storage_key": None,
    "retry_condition_fn": None,
    "task_run_name": None,
    "version": None,
}
FLOW_SETTINGS = {
    "flow_run_name": None,
    "persist_result": None,
    "result_storage": None,
    "result_serializer": None,
    "log_prints": None,
    "should_validate_parameters": True,
}
"""Settings that only Prefect has, and what they are where nobody says anything."""

BY_CODE = (
    "concurrency",
    "rate_limit",
    "transaction",
    "pause_flow_run",
    "suspend_flow_run",
    "wait_for_flow_run",
    "run_deployment",
    "emit_event",
)
"""What a flow's or task's own code asks of Prefect by a call."""

MADE = reading.Made()


def prepare():
    import prefect
    from prefect import Flow, Task

    MADE.watch(Task, "__init__")
    MADE.watch(Flow, "__init__")

    def read(job, sources):
        with MADE.at(sources):
            flow = prefect_run.flow_of(job)
        return {"engine_version": prefect.__version__, **Reader(flow, sources).told()}

    return read


class Reader:
    """Reads one flow."""

    def __init__(self, flow, sources):
        self.flow, self.sources = flow, sources
        self.tasks, self.notes, self.settings = [], [], []
        self.seen = set()

    def told(self):
        flow = self.flow
        self.own = Own(flow.fn, self.sources) if self.sources.compiled else None
        self.use(flow.fn, None)
        at = functools.partial(self.sources.word, [MADE.spot(flow)])
        schema = flow.parameters.model_dump()
        deployed = prefect_deployments.Deployments(flow, self.sources)
        unknown = ["catch_up", "start"] + ([] if deployed.known else ["schedules", "max_active_runs"])
        limits = {each for each in deployed.limits if each is not None}
        if len(limits) > 1:
            unknown.append("max_active_runs")
        return bare(
            {
                "kind": "flow",
                "name": flow.name,
                "at": at(),
                "description": flow.description or "",
                "owners": sorted(tag.partition(":")[2] for tag in deployed.tags if tag.startswith("owner:")),
                "tags": sorted(tag for tag in deployed.tags if not tag.startswith("owner:")),
                "params": [
                    {
                        "name": name,
                        "type": {
                            key: value for key, value in told.items() if key not in ("title", "position", "default")
                        },
                        "required": name in schema.get("required", ()),
                        "default": said(told.get("default")),
                        "description": told.get("description", ""),
                    }
                    for name, told in schema.get("properties", {}).items()
                ],
                "schedules": deployed.schedules,
                "max_active_runs": min(limits) if limits else None,
                "run_timeout": seconds(flow.timeout_seconds),
                "run_retries": {**retries(flow), **bare({"at": flow.retries and at("retries")})}
                if flow.retries
                else None,
                "hooks": list(self.hooks(flow, at)),
                "settings": [*self.flow_settings(flow, at), *self.settings, *deployed.settings],
                "tasks": self.tasks,
                "notes": list(dict.fromkeys(self.notes)),
                "places": {"run_timeout": at("timeout_seconds")} if flow.timeout_seconds else {},
                "unknown": unknown,
            }
        )

    def hooks(self, owner, at):
        for name, event in HOOKS.items():
            for called in getattr(owner, name, None) or ():
                where = at(name.removesuffix("_hooks"))
                yield bare({"event": event, "calls": reading.name_of(called), "at": where})

    def flow_settings(self, flow, at):
        for name, default in FLOW_SETTINGS.items():
            value = getattr(flow, name, default)
            if value != default:
                yield reading.placed(
                    name, value, at({"should_validate_parameters": "validate_parameters"}.get(name, name))
                )
        from prefect.task_runners import ThreadPoolTaskRunner

        runner = flow.task_runner
        workers = getattr(runner, "_max_workers", None)
        if type(runner) is not ThreadPoolTaskRunner or "task_runner" in self.given(flow):
            word = type(runner).__name__ + (f"(max_workers={workers})" if workers else "")
            yield reading.placed("task_runner", word, at("task_runner"))

    def given(self, made):
        """The keywords that something was made with, at its own line."""
        spot = MADE.spot(made)
        if spot is None:
            return set()
        return {
            name
            for name, places in reading.written(spot[0]).items()
            if any(start <= spot[1] <= end for start, end, _ in places)
        }

    # ------------------------------------------------------------ what the flow uses

    def use(self, function, group):
        """Every task and flow that a function's code names, in the order in which it does."""
        from prefect import Flow, Task

        function = inspect.unwrap(function)
        if function in self.seen or not isinstance(function, types.FunctionType):
            return
        self.seen.add(function)
        changes = self.calls(function)
        names = list(reading.names_in(function.__code__))
        for name in names:
            value = function.__globals__.get(name)
            if isinstance(value, types.ModuleType) and self.sources.own(getattr(value, "__file__", None) or ""):
                found = [getattr(value, each, None) for each in names]
            elif isinstance(value, (list, tuple, set)):
                found = list(value)
            elif isinstance(value, dict):
                found = list(value.values())
            else:
                found = [value]
            for one in found:
                if isinstance(one, (Task, Flow)):
                    if one not in self.seen:
                        self.seen.add(one)
                        self.tasks.append(self.task(one, group, changes.get(name, {})))
                    if isinstance(one, Flow):
                        self.use(one.fn, one.name)
                elif isinstance(one, types.FunctionType) and self.sources.own(one.__code__.co_filename):
                    self.use(one, group)
        if any(name == "task" for name in names):
            self.notes.append(f"{function.__name__} makes tasks while it runs, which are not read")

    def calls(self, function):
        """How the tasks that a function names are called: what each is mapped over, and told anew by `with_options`."""
        code = self.sources.code(function) or {}
        text, at = code.get("text", ""), code.get("at")
        changes = {}
        for node in reading.walked(text):
            if not isinstance(node, ast.Call):
                continue
            where = at and {**at, "line": at["line"] + node.lineno - 1}
            if isinstance(node.func, ast.Attribute) and node.func.attr in ("map", "with_options"):
                owner = node.func.value
                name = getattr(owner, "attr", None) or getattr(owner, "id", None)
                known = changes.setdefault(name, {})
                if node.func.attr == "map":
                    keywords = [keyword.arg for keyword in node.keywords if keyword.arg]
                    known["over"] = keywords or ["*"]
                else:
                    known["options"] = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
                    known["at"] = where
            name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
            if name in BY_CODE:
                value = reading.constant(node.args[0]) if node.args else None
                self.settings.append(reading.placed(name, value, where))
        return changes

    def task(self, task, group, changes):
        from prefect import Flow

        code = self.sources.code(task.fn)
        at = functools.partial(self.sources.word, [MADE.spot(task)])
        self.calls(inspect.unwrap(task.fn))
        flow = isinstance(task, Flow)
        settings = list(self.flow_settings(task, at)) if flow else list(self.task_settings(task, at))
        unknown = ["waits_for", "join", "resources"] + ([] if self.own else ["at_once", "tolerance"])
        options = changes.get("options", {})
        if options:
            told = ", ".join(f"{name}={ast.unparse(value)}" for name, value in options.items())
            settings.append(reading.placed("with_options", told, changes.get("at")))
            unknown += ["retries"] if {"retries", "retry_delay_seconds"} & set(options) else []
            unknown += ["timeout"] if "timeout_seconds" in options else []
        if getattr(task, "retry_condition_fn", None):
            unknown.append("retries")
        wrote = {
            "retries": task.retries and at("retries"),
            "timeout": task.timeout_seconds and at("timeout_seconds"),
        }
        return bare(
            {
                "name": task.name,
                "kind": "flow" if flow else "python",
                "operator": type(task).__name__.lower() if flow else "task",
                "at": at(),
                "group": group,
                "over": changes.get("over", []),
                "retries": retries(task),
                "timeout": seconds(task.timeout_seconds),
                "at_once": self.own and self.own.at_once.get(task.name),
                "tolerance": self.own and self.own.tolerances.get(task.name),
                "hooks": list(self.hooks(task, at)),
                "settings": settings,
                "code": code,
                "doc": task.description or "",
                "places": {name: place for name, place in wrote.items() if place},
                "unknown": unknown,
            }
        )

    @staticmethod
    def task_settings(task, at):
        from prefect.cache_policies import DEFAULT, NO_CACHE

        policy = task.cache_policy
        if policy not in (None, DEFAULT, NO_CACHE) and not task.cache_key_fn:
            yield reading.placed("cache_policy", type(policy).__name__, at("cache_policy"))
        for name, default in TASK_SETTINGS.items():
            value = getattr(task, name, default)
            if name == "persist_result":
                value = task._user_persist_result
            if value != default:
                yield reading.placed(name, value, at(name))
        if task.tags:
            yield reading.placed("tags", sorted(task.tags), at("tags"))
        for each in getattr(task, "assets", None) or ():
            yield reading.placed("asset", str(getattr(each, "key", each)), at())


class Own:
    """What the code of a flow that pipeglot wrote says of its tasks, by name: how many runs of one there are at the same
    time (`lane`), and the default that stands in for the value of one that failed (`or_default`)."""

    def __init__(self, function, sources):
        self.at_once, self.tolerances = {}, {}
        function = inspect.unwrap(function)
        text = (sources.code(function) or {}).get("text", "")
        held = {}
        for node in sorted(reading.walked(text), key=lambda each: getattr(each, "lineno", 0)):
            if (
                isinstance(node, ast.Assign)
                and isinstance(node.value, ast.Call)
                and isinstance(node.targets[0], ast.Name)
            ):
                self.take(node.value, node.targets[0].id, held, function.__globals__)

    def take(self, call, variable, held, known):
        owner = getattr(call.func, "value", None)
        task = known.get(getattr(owner, "id", ""))
        if getattr(call.func, "attr", "") != "submit" or task is None:
            return
        inner = call.args[0] if call.args else None
        if getattr(getattr(inner, "func", None), "id", "") == "allow_failure" and len(call.args) == 2:
            name = held.get(getattr(inner.args[0], "id", ""))
            if name is not None:
                self.tolerances[name] = {"default": reading.constant(call.args[1])}
            return
        held[variable] = task.name
        for each in ast.walk(call):
            if isinstance(each, ast.Call) and getattr(each.func, "id", "") == "lane":
                self.at_once[task.name] = reading.constant(each.args[1])


def retries(made):
    count = made.retries or 0
    delay = made.retry_delay_seconds
    delays = list(delay) if isinstance(delay, (list, tuple)) else [delay or 0]
    waits = [float(delays[min(number, len(delays) - 1)]) if delays else 0.0 for number in range(min(count, 1000))]
    return bare(
        {
            "count": count,
            "waits": waits,
            "delay": None if isinstance(delay, (list, tuple)) or delay is None else float(delay),
            "jitter": getattr(made, "retry_jitter_factor", None),
        }
    )


if __name__ == "__main__":
    reading.serve("prefect", prepare)
