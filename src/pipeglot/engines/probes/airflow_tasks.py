"""What a loaded DAG and its tasks say by ways of their own: arguments, values taken from other tasks, waits, resources.
Standard library and Airflow only."""

import inspect

import airflow_release
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


def given(task):
    """What the user wrote of a task, at its own operator."""
    if hasattr(task, "partial_kwargs"):
        mapped = getattr(getattr(task, "expand_input", None), "value", None)
        return {**task.partial_kwargs, **(mapped if isinstance(mapped, dict) else {})}
    return dict(getattr(task, "_BaseOperator__init_kwargs", {}))


def arguments(task):
    """What the operator itself is given: not what every task can be told."""
    operator = airflow_release.operator_class()
    common = COMMON or COMMON.update(inspect.signature(operator.__init__).parameters) or COMMON
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
    XComArg = airflow_release.first("airflow.sdk.definitions.xcom_arg:XComArg", "airflow.models.xcom_arg:XComArg")
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
    return reading.pod(asks, limits, selector)


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
    return airflow_release.first(
        "airflow.sdk.definitions.timetables._cron:CRON_PRESETS",
        "airflow.timetables._cron:cron_presets",
        "airflow.utils.dates:cron_presets",
    )
