"""Say what a DAG declares, as Airflow has loaded it. Runs under Airflow's own Python; the database is asked for nothing but
what the file itself asks of it."""

import ast
import inspect

import airflow_release
import airflow_tasks
import airflow_test
import reading
from reading import bare, said, seconds

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
MADE = reading.Made()


def prepare():
    import airflow

    DAG, BaseOperator = airflow_release.dag_class(), airflow_release.operator_class()
    MADE.watch(BaseOperator, "__init__")
    MADE.watch(airflow_release.mapped_class(), "__attrs_post_init__")
    MADE.watch(DAG, "__attrs_post_init__" if airflow_release.numbers() >= (3, 0) else "__init__")
    usual = BaseOperator(task_id="usual"), DAG("usual", **airflow_release.UNSCHEDULED)

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
            "params": [airflow_tasks.param_told(name, dag.params.get_param(name)) for name in dag.params],
            "schedules": list(self.schedules(dag.timetable)),
            "start": dag.start_date and dag.start_date.isoformat(),
            "end": dag.end_date and dag.end_date.isoformat(),
            "catch_up": bool(dag.catchup),
            "max_active_runs": dag.max_active_runs,
            "run_timeout": seconds(dag.dagrun_timeout),
            "hooks": list(self.dag_hooks()),
            "settings": list(differing(dag, self.usual_dag, DAG_SETTINGS, self.written)),
            "tasks": [self.task(task) for task in dag.tasks],
            "groups": sorted(filter(None, airflow_tasks.groups(dag.task_group))),
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
        elif condition := own(table, "asset_condition") or own(table, "dataset_condition"):
            names = ", ".join(dict.fromkeys(assets_in(condition)))
            yield {**told, "kind": "assets", "about": f"{kind}: {names}"}
            if hasattr(table, "timetable"):
                yield from self.schedules(table.timetable)
        elif expression := own(table, "expression"):
            where = own(table, "timezone")
            zone = getattr(where, "name", None) or str(where)
            # The engine reads "@daily" and its like as this.
            cron = airflow_tasks.presets().get(expression, expression)
            yield {
                **told,
                "kind": "cron",
                "cron": cron,
                "timezone": zone,
                "about": f"{kind}: {expression} ({zone})",
            }
        elif hasattr(delta := own(table, "delta"), "total_seconds"):
            yield {**told, "kind": "interval", "seconds": seconds(delta), "about": f"{kind}: {delta}"}
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

        kind = airflow_tasks.kind_of(task)
        own = airflow_tasks.arguments(task)
        templates = {}
        for field in task.template_fields or ():
            if field in own:
                templates.update(reading.texts(own[field], field))
        settings = list(differing(task, self.usual, airflow_tasks.SETTINGS, at))
        if kind == "sensor":
            settings += [
                reading.placed(f"sensor.{name}", airflow_tasks.asked(task, name), at(name))
                for name in SENSOR
                if airflow_tasks.asked(task, name)
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
                "operator": airflow_tasks.operator_of(task),
                "at": at(),
                "group": task.task_group.group_id if task.task_group is not None else None,
                "waits_for": sorted(task.upstream_task_ids),
                "join": join,
                "takes": list(airflow_tasks.taken(task, own, templates, code)),
                "over": airflow_tasks.over(task),
                "retries": airflow_tasks.retries(task),
                "timeout": seconds(task.execution_timeout),
                "at_once": task.max_active_tis_per_dagrun,
                "image": image if isinstance(image, str) else None,
                "resources": airflow_tasks.pod_resources(task),
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


def own(table, name):
    """What a timetable says of itself; before Airflow 3.2 it kept that to itself."""
    return getattr(table, name, None) or getattr(table, f"_{name}", None)


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
    return getattr(task, "python_callable", None) or airflow_tasks.given(task).get("python_callable")


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


if __name__ == "__main__":
    reading.serve("airflow", prepare)
