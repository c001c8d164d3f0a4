"""Say what a DAG declares, as Airflow has loaded it. Runs under Airflow's own Python; the database is asked for nothing but
what the file itself asks of it."""

import ast
import inspect

import airflow_test
import reading
from reading import bare, said, seconds

SETTINGS = (
    "depends_on_past",
    "wait_for_downstream",
    "priority_weight",
    "weight_rule",
    "pool",
    "pool_slots",
    "queue",
    "max_active_tis_per_dag",
    "executor",
    "executor_config",
    "run_as_user",
    "email",
    "ignore_first_depends_on_past",
    "wait_for_past_depends_before_skipping",
    "is_setup",
    "is_teardown",
    "on_failure_fail_dagrun",
    "inlets",
    "outlets",
    "do_xcom_push",
    "multiple_outputs",
    "retry_policy",
    "map_index_template",
)
"""Settings of a task that only Airflow has."""

DAG_SETTINGS = (
    "max_active_tasks",
    "max_consecutive_failed_dag_runs",
    "fail_fast",
    "is_paused_upon_creation",
    "render_template_as_native_obj",
    "user_defined_macros",
    "user_defined_filters",
    "template_searchpath",
    "access_control",
    "allowed_run_types",
    "owner_links",
    "jinja_environment_kwargs",
)
SENSOR = ("poke_interval", "timeout", "mode", "soft_fail", "never_fail", "exponential_backoff", "max_wait")
TASK_HOOKS = {
    "on_execute_callback": "start",
    "on_failure_callback": "failure",
    "on_success_callback": "success",
    "on_retry_callback": "retry",
    "on_skipped_callback": "skipped",
}
KINDS = (
    ("BaseSensorOperator", "sensor"),
    ("HITLOperator", "approval"),
    ("TriggerDagRunOperator", "trigger"),
    ("KubernetesPodOperator", "container"),
    ("DockerOperator", "container"),
    ("BranchMixIn", "branch"),
    ("BaseBranchOperator", "branch"),
    ("ShortCircuitOperator", "branch"),
    ("EmptyOperator", "empty"),
    ("BashOperator", "shell"),
    ("PythonOperator", "python"),
    ("DecoratedOperator", "python"),
)
"""What an operator is by the first of its classes that is known."""

MADE = reading.Made()


def prepare():
    import airflow
    from airflow.sdk import DAG, BaseOperator
    from airflow.sdk.definitions.mappedoperator import MappedOperator

    MADE.watch(BaseOperator, "__init__")
    MADE.watch(MappedOperator, "__attrs_post_init__")
    MADE.watch(DAG, "__attrs_post_init__")
    usual = BaseOperator(task_id="usual"), DAG("usual")

    def read(job, sources):
        with MADE.at(sources):
            dag = airflow_test.dag_of(job)
        dag.validate()
        return {"engine_version": airflow.__version__, **Reader(dag, sources, *usual).dag_told()}

    return read


class Reader:
    """Reads one DAG. `usual` are a task and a DAG of which nothing was said."""

    def __init__(self, dag, sources, usual, usual_dag):
        self.dag, self.sources, self.usual, self.usual_dag = dag, sources, usual, usual_dag
        self.spots = [MADE.spot(dag)]

    def written(self, *names):
        return self.sources.word(self.spots, *names)

    def dag_told(self):
        dag = self.dag
        self.defaults = dict(tolerated(dag, self.sources)) if self.sources.compiled else {}
        wrote = {
            "start": dag.start_date and self.written("start_date"),
            "catch_up": dag.catchup != self.usual_dag.catchup and self.written("catchup"),
            "max_active_runs": dag.max_active_runs != self.usual_dag.max_active_runs
            and self.written("max_active_runs"),
            "run_timeout": dag.dagrun_timeout and self.written("dagrun_timeout"),
        }
        return {
            "kind": "dag",
            "name": dag.dag_id,
            "at": self.written(),
            "description": dag.description or dag.doc_md or "",
            "owners": sorted({task.owner for task in dag.tasks} - {self.usual.owner}),
            "tags": sorted(dag.tags),
            "params": [param_told(name, dag.params.get_param(name)) for name in dag.params],
            "schedules": list(self.schedules(dag.timetable)),
            "start": dag.start_date and dag.start_date.isoformat(),
            "end": dag.end_date and dag.end_date.isoformat(),
            "catch_up": bool(dag.catchup),
            "max_active_runs": dag.max_active_runs,
            "run_timeout": seconds(dag.dagrun_timeout),
            "hooks": list(self.dag_hooks()),
            "settings": list(differing(dag, self.usual_dag, DAG_SETTINGS, self.written)),
            "tasks": [self.task(task) for task in dag.tasks],
            "groups": sorted(filter(None, groups(dag.task_group))),
            "places": {name: at for name, at in wrote.items() if at},
            "assumed": [name for name in ("catch_up", "max_active_runs") if not wrote[name]],
        }

    # ------------------------------------------------------------ what starts runs

    def schedules(self, table):
        kind = type(table).__name__
        told = {
            "about": f"{kind} {table!r}"[:300] if kind in ("EventsTimetable",) else kind,
            "at": self.written("schedule"),
        }
        if kind in ("NullTimetable", "PartitionedAtRuntime"):
            return
        if hasattr(table, "timetables"):
            for each in table.timetables:
                yield from self.schedules(each)
        elif getattr(table, "asset_condition", None):
            names = ", ".join(dict.fromkeys(assets_in(table.asset_condition)))
            yield {**told, "kind": "assets", "about": f"{kind}: {names}"}
            if hasattr(table, "timetable"):
                yield from self.schedules(table.timetable)
        elif hasattr(table, "expression"):
            zone = getattr(table.timezone, "name", None) or str(table.timezone)
            # The engine reads "@daily" and its like as this.
            cron = presets().get(table.expression, table.expression)
            yield {
                **told,
                "kind": "cron",
                "cron": cron,
                "timezone": zone,
                "about": f"{kind}: {table.expression} ({zone})",
            }
        elif hasattr(table, "delta") and hasattr(table.delta, "total_seconds"):
            yield {**told, "kind": "interval", "seconds": seconds(table.delta), "about": f"{kind}: {table.delta}"}
        else:
            yield {**told, "kind": "other"}

    # ------------------------------------------------------------ hooks

    def dag_hooks(self):
        dag = self.dag
        for name, event in (("on_success_callback", "success"), ("on_failure_callback", "failure")):
            yield from self.hooks(getattr(dag, name, None), event, self.written(name))
        yield from self.hooks(getattr(dag, "sla_miss_callback", None), "deadline", self.written("sla_miss_callback"))
        deadlines = getattr(dag, "deadline", None) or []
        for each in deadlines if isinstance(deadlines, list) else [deadlines]:
            called = getattr(each.callback, "path", None) or type(each.callback).__name__
            yield bare({"event": "deadline", "calls": str(called).split(".")[-1], "at": self.written("deadline")})

    def hooks(self, called, event, at):
        for each in called if isinstance(called, (list, tuple)) else [called] if called else []:
            yield bare({"event": event, "calls": reading.name_of(each), "at": at})

    # ------------------------------------------------------------ tasks

    def task(self, task):
        function = function_of(task)
        code = self.sources.code(function) if function else None
        spots = [MADE.spot(task)]
        if code and "at" in code:
            spots.append((inspect.getsourcefile(inspect.unwrap(function)), code["at"]["line"]))

        def at(*names):
            return self.sources.word(spots, *names)

        kind = kind_of(task)
        own = arguments(task)
        templates = {}
        for field in task.template_fields or ():
            if field in own:
                templates.update(reading.texts(own[field], field))
        settings = list(differing(task, self.usual, SETTINGS, at))
        if kind == "sensor":
            settings += [
                reading.placed(f"sensor.{name}", asked(task, name), at(name)) for name in SENSOR if asked(task, name)
            ]
        rule = value_of(task.trigger_rule)
        join = "" if rule == value_of(self.usual.trigger_rule) else rule
        wrote = {
            "retries": task.retries != self.usual.retries and at("retries"),
            "timeout": task.execution_timeout and at("execution_timeout"),
            "join": join and at("trigger_rule"),
            "at_once": task.max_active_tis_per_dagrun and at("max_active_tis_per_dagrun"),
        }
        image = own.get("image")
        return bare(
            {
                "name": task.task_id,
                "kind": kind,
                "operator": operator_of(task),
                "at": at(),
                "group": task.task_group.group_id if task.task_group is not None else None,
                "waits_for": sorted(task.upstream_task_ids),
                "join": join,
                "takes": list(taken(task, own, templates, code)),
                "over": over(task),
                "retries": retries(task),
                "timeout": seconds(task.execution_timeout),
                "at_once": task.max_active_tis_per_dagrun,
                "image": image if isinstance(image, str) else None,
                "resources": pod_resources(task),
                "hooks": [
                    hook
                    for name, event in TASK_HOOKS.items()
                    for hook in self.hooks(getattr(task, name, None), event, at(name))
                ],
                "settings": settings,
                "templates": templates,
                "code": code,
                "args": {name: said(value) for name, value in own.items() if name not in SENSOR},
                "doc": task.doc_md or task.doc or "",
                "places": {name: place for name, place in wrote.items() if place},
                "tolerance": self.defaults.get(task.task_id),
                # A policy of its own decides whether there is another attempt, and when.
                "unknown": (["retries"] if getattr(task, "retry_policy", None) else [])
                + ([] if self.sources.compiled else ["tolerance"]),
            }
        )


def tolerated(dag, sources):
    """The tasks behind which pipeglot has put one that gives a default: (task, default)."""
    for task in dag.tasks:
        name = task.task_id.removesuffix("_or_default")
        if name != task.task_id and name in dag.task_dict:
            text = (sources.code(function_of(task)) or {}).get("text", "")
            branches = [node for node in reading.walked(text) if isinstance(node, ast.If)]
            given = [each.value for node in branches for each in node.body if isinstance(each, ast.Return)]
            yield name, {"default": reading.constant(given[-1]) if given else None}


def function_of(task):
    return getattr(task, "python_callable", None) or given(task).get("python_callable")


def assets_in(condition):
    """The names of the assets in a condition, at any depth."""
    for each in getattr(condition, "objects", None) or [condition]:
        if each is condition:
            yield str(getattr(each, "uri", None) or getattr(each, "name", None) or type(each).__name__)
        else:
            yield from assets_in(each)


def value_of(word):
    return str(getattr(word, "value", word))


def differing(one, usual, names, written):
    """The settings that are not at the engine's default."""
    for name in names:
        value, default = getattr(one, name, None), getattr(usual, name, None)
        if (value and value != default) or (default and value is False):
            yield reading.placed(name, value_of(value) if name == "weight_rule" else value, written(name))


def given(task):
    """What the user wrote of a task, at its own operator."""
    if hasattr(task, "partial_kwargs"):
        mapped = getattr(getattr(task, "expand_input", None), "value", None)
        return {**task.partial_kwargs, **(mapped if isinstance(mapped, dict) else {})}
    return dict(getattr(task, "_BaseOperator__init_kwargs", {}))


def arguments(task):
    """What the operator itself is given: not what every task can be told."""
    from airflow.sdk import BaseOperator

    common = COMMON or COMMON.update(inspect.signature(BaseOperator.__init__).parameters) or COMMON
    hidden = {*common, *SETTINGS, "python_callable", "default_args", "task_group", "dag", *UPSTREAM}
    found = {}
    for name, value in given(task).items():
        if name not in hidden and value not in (None, (), {}, []) and said(value) != "NOTSET":
            found[name] = value
    for field in task.template_fields or ():
        if field not in found and getattr(task, field, None) not in (None, (), {}, []):
            found[field] = getattr(task, field)
    return found


COMMON = {}
UPSTREAM = ("kwargs", "args", "kwargs_to_upstream")
"""What decorated operators hand on to the classes above them."""


def asked(task, name):
    return getattr(task, name, None) if not hasattr(task, "partial_kwargs") else task.partial_kwargs.get(name)


def operator_of(task):
    made = task.operator_class if hasattr(task, "partial_kwargs") else type(task)
    return getattr(made, "custom_operator_name", None) or getattr(made, "__name__", task.task_type)


def kind_of(task):
    made = task.operator_class if hasattr(task, "partial_kwargs") else type(task)
    if isinstance(made, type):
        names = [each.__name__ for each in made.__mro__]
        for name, kind in KINDS:
            if name in names or f"_{name}" in names:
                return kind
    return "other"


def taken(task, own, templates, code):
    """The values that a task takes from others by name."""
    from airflow.sdk.definitions.xcom_arg import XComArg

    seen = []

    def find(value, into):
        if isinstance(value, XComArg):
            for operator, key in value.iter_references():
                seen.append({"into": into, "task": operator.task_id, **({} if key == "return_value" else {"key": key})})
        elif isinstance(value, dict):
            for key, each in value.items():
                find(each, str(key) if into in ("op_kwargs", "") else f"{into}.{key}")
        elif isinstance(value, (list, tuple)):
            for number, each in enumerate(value):
                find(each, f"{into}.{number}")

    for name, value in own.items():
        find(value, name)
    find(getattr(getattr(task, "op_kwargs_expand_input", None), "value", {}), "")
    for field, text in templates.items():
        seen += reading.pulls(text, field)
    if code:
        seen += reading.pulls(code.get("text", ""), "")
    return [each for number, each in enumerate(seen) if each not in seen[:number]]


def over(task):
    """The parameters that a task is mapped over."""
    told = []
    for each in (getattr(task, "expand_input", None), getattr(task, "op_kwargs_expand_input", None)):
        value = getattr(each, "value", None)
        told += list(value) if isinstance(value, dict) else ["kwargs"] if value is not None else []
    group = task.task_group
    while group is not None:
        value = getattr(getattr(group, "_expand_input", None), "value", None)
        told += list(value) if isinstance(value, dict) else []
        group = group.parent_group
    return [name for name in dict.fromkeys(told) if name not in ("op_args", "op_kwargs") or len(told) == 1]


def retries(task):
    """Airflow's own rule, without the up to as much again that it adds by chance where there is backoff."""
    delay, longest = seconds(task.retry_delay), seconds(task.max_retry_delay)
    factor = task.retry_exponential_backoff
    factor = 2.0 if factor is True else float(factor or 0)
    count = task.retries or 0
    most = min(longest if longest is not None else DAY, DAY) if factor else float("inf")
    return bare(
        {
            "count": count,
            "waits": [min(delay * (factor or 1) ** number, most) for number in range(min(count, 1000))],
            "delay": delay,
            "backoff": factor or None,
            "max_delay": longest,
        }
    )


DAY = 24 * 3600.0


def pod_resources(task):
    """What the pod of a task asks for."""
    override = (task.executor_config or {}).get("pod_override")
    container = getattr(task, "container_resources", None)
    spec = getattr(override, "spec", None)
    selector = getattr(spec, "node_selector", None) or getattr(task, "node_selector", None) or {}
    for each in getattr(spec, "containers", None) or []:
        container = getattr(each, "resources", None) or container
    if container is None and not selector:
        return None
    asks, limits = (dict(getattr(container, name, None) or {}) for name in ("requests", "limits"))
    devices = {name: int(count) for name, count in limits.items() if "/" in name}
    kind = next(iter(devices), None)
    return bare(
        {
            "cpu": reading.cores(asks.get("cpu") or limits.get("cpu")),
            "memory": asks.get("memory") or limits.get("memory"),
            "gpus": devices.get(kind),
            "gpu_type": kind,
            "node_selector": dict(selector),
        }
    )


def param_told(name, param):
    schema = {key: value for key, value in param.schema.items()}
    options = [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())]
    kinds = [
        each for one in options for each in ([one["type"]] if isinstance(one.get("type"), str) else one.get("type", ()))
    ]
    default = param.dump()["value"] if param.has_value else None
    return {
        "name": name,
        "type": said(schema),
        "required": not param.has_value and "null" not in kinds,
        "default": said(default),
        "description": param.description or "",
    }


def groups(group):
    yield group.group_id
    for child in group.children.values():
        if hasattr(child, "children"):
            yield from groups(child)


def presets():
    from airflow.sdk.definitions.timetables._cron import CRON_PRESETS

    return CRON_PRESETS


if __name__ == "__main__":
    reading.serve("airflow", prepare)
