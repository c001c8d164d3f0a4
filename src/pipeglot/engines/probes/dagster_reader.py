"""Say what a job declares, as Dagster has loaded it, with the schedules and sensors of its code location. Runs under Dagster's
own Python, without an instance.

What Dagster has no setting for, pipeglot's own files say by helpers (`retried`, `time_limit`): there they are read.
"""

import ast
import functools
import inspect
import os
import types
from datetime import datetime, timezone

import dagster_ops
import dagster_run
import reading
from reading import bare, said

MADE = reading.Made()


def prepare():
    import dagster
    from dagster import JobDefinition, OpDefinition, ScheduleDefinition, SensorDefinition

    for kind in (JobDefinition, OpDefinition, ScheduleDefinition, SensorDefinition):
        MADE.watch(kind, "__init__")

    def read(job, sources):
        with MADE.at(sources):
            repository, definition = dagster_run.loaded(job)
        return {"engine_version": dagster.__version__, **Reader(definition, repository, sources).told()}

    return read


class Reader:
    """Reads one job."""

    def __init__(self, job, repository, sources):
        self.job, self.repository, self.sources = job, repository, sources
        self.made_by_us = sources.compiled
        self.seen = set()
        function = getattr(job.graph, "_composition_fn", None)
        self.spots = [MADE.spot(job), MADE.spot(job.graph), *self.spot_of(function)]

    def spot_of(self, function):
        try:
            function = inspect.unwrap(function)
            return [(inspect.getsourcefile(function), function.__code__.co_firstlineno)]
        except (TypeError, AttributeError):
            return []

    def at(self, *names):
        return self.sources.word(self.spots, *names)

    def told(self):
        job = self.job
        tags = dict(job.tags)
        runtime, again = tags.pop("dagster/max_runtime", None), tags.pop("dagster/max_retries", None)
        limits = self.instance().get("concurrency", {}).get("runs", {}).get("tag_concurrency_limits", [])
        bounds = [each["limit"] for each in limits if tags.get(each["key"]) == each.get("value")]
        if bounds:
            tags = {key: value for key, value in tags.items() if key not in [each["key"] for each in limits]}
        schedules, start, catch_up = self.schedules()
        metadata = {key: getattr(value, "value", value) for key, value in (job.metadata or {}).items()}
        unknown = [] if bounds or (self.made_by_us and "max_active_runs" not in tags) else ["max_active_runs"]
        unknown += ["catch_up"] if catch_up is None else []
        unknown += ["start"] if schedules and start is None and not self.made_by_us else []
        own_tags = [key if value in ("", None) else f"{key}:{value}" for key, value in tags.items()]
        return bare(
            {
                "kind": "job",
                "name": job.name,
                "at": self.at(),
                "description": job.description or "",
                "owners": [metadata["owner"]] if "owner" in metadata else list(getattr(job, "owners", None) or ()),
                "tags": sorted(own_tags),
                "params": list(self.params()),
                "schedules": schedules,
                "start": start,
                "catch_up": catch_up,
                "max_active_runs": min(bounds) if bounds else None,
                "run_timeout": float(runtime) if runtime is not None else None,
                "run_retries": {"count": int(again), "waits": [0.0] * int(again)} if again is not None else None,
                "hooks": list(self.hooks(job.hook_defs, self.at)) + list(self.reactions()),
                "settings": list(self.settings()),
                "tasks": list(self.tasks(job, "")) + list(self.final()),
                "groups": sorted(self.groups(job.graph, "")),
                "places": {"run_timeout": self.at("tags")} if runtime is not None else {},
                "unknown": unknown,
            }
        )

    def instance(self):
        """The settings of the instance, where they lie beside the file."""
        kept = os.path.join(os.path.dirname(self.sources.entry), "dagster.yaml")
        if not os.path.exists(kept):
            return {}
        import yaml

        with open(kept, encoding="utf-8") as file:
            return yaml.safe_load(file) or {}

    # ------------------------------------------------------------ params and settings

    def params(self):
        resource = self.job.resource_defs.get("params")
        model = getattr(resource, "_configurable_resource_cls", None)
        if model is not None:
            schema = model.model_json_schema()
            for name, told in schema.get("properties", {}).items():
                yield {
                    "name": name,
                    "type": {key: value for key, value in told.items() if key not in ("title", "default")},
                    "required": name in schema.get("required", ()),
                    "default": said(told.get("default")),
                    "description": told.get("description", ""),
                }
        for path, definition in dagster_ops.ops(self.job.graph, ""):
            fields = getattr(definition.config_schema.config_type, "fields", None) if definition.config_schema else None
            for name, field in (fields or {}).items():
                has = field.default_provided
                default = said(field.default_value) if has else None
                yield {"name": f"{path}.{name}", "required": field.is_required, "default": default}

    def settings(self):
        job = self.job
        if job.partitions_def is not None:
            yield reading.placed("partitions", str(job.partitions_def), self.at("partitions_def"))
        for name, definition in sorted(job.resource_defs.items()):
            function = getattr(definition, "resource_fn", None)
            builtin = name == "io_manager" and str(getattr(function, "__module__", "")).startswith("dagster.")
            if name != "params" and not builtin and (name == "io_manager" or name in job.required_resource_keys):
                made = getattr(definition, "_configurable_resource_cls", None) or getattr(function, "__name__", "")
                kind = getattr(made, "__name__", made)
                yield reading.placed(
                    "resource", f"{name} ({kind})" if kind else name, self.at("resource_defs", "resources")
                )
        if job.has_specified_executor and not self.made_by_us:
            yield reading.placed("executor", job.executor_def.name, self.at("executor_def", "executor"))
        for key, condition in sorted(self.conditions().items()):
            yield reading.placed("automation_condition", f"{key}: {condition}", None)

    def conditions(self):
        layer = self.job.asset_layer
        found = {}
        for key in layer.executable_asset_keys if layer else ():
            condition = layer.asset_graph.get(key).automation_condition
            if condition is not None:
                found[key.to_user_string()] = condition.get_label() or type(condition).__name__
        return found

    # ------------------------------------------------------------ what starts runs

    def schedules(self):
        from dagster import DefaultScheduleStatus, DefaultSensorStatus
        from dagster._core.definitions.sensor_definition import SensorType

        found, starts, catch_up = [], [], False
        for each in self.repository.schedule_defs:
            if each.job_name != self.job.name:
                continue
            crons = [each.cron_schedule] if isinstance(each.cron_schedule, str) else list(each.cron_schedule)
            zone = each.execution_timezone or "UTC"
            function = getattr(getattr(each, "_execution_fn", None), "decorated_fn", None) or getattr(
                each, "__wrapped__", None
            )
            starts.append(self.assigned(function, "start"))
            spots = [MADE.spot(each), *(self.spot_of(function) if function else ())]
            for cron in crons:
                found.append(
                    bare(
                        {
                            "kind": "cron",
                            "name": each.name,
                            "cron": cron,
                            "timezone": zone,
                            "about": f"schedule {each.name}: {cron} ({zone})",
                            "active": each.default_status == DefaultScheduleStatus.RUNNING,
                            "at": self.sources.word(spots, "cron_schedule"),
                        }
                    )
                )
        for each in self.repository.sensor_defs:
            if self.job.name not in {target.job_name for target in each.targets}:
                continue
            if each.sensor_type == SensorType.RUN_STATUS:
                continue
            told = {
                "kind": "sensor",
                "name": each.name,
                "about": f"sensor {each.name}",
                "active": each.default_status == DefaultSensorStatus.RUNNING,
                "at": self.sources.word([MADE.spot(each)]),
            }
            ours, start, again = self.sensor(each) if self.made_by_us else ({}, None, None)
            starts.append(start)
            catch_up = again if found == [] else None
            found.append(bare({**told, **ours}))
        if self.job.partitions_def is not None and hasattr(self.job.partitions_def, "start"):
            starts.append(self.job.partitions_def.start.isoformat())
        starts = [start for start in starts if start]
        return found, starts[0] if starts else None, catch_up

    def sensor(self, sensor):
        """What a sensor of pipeglot's does: its schedule, the start, whether it catches up."""
        from dagster import TimeWindowPartitionsDefinition

        function = inspect.unwrap(sensor._raw_fn)
        function = getattr(function, "decorated_fn", function)
        for name in reading.names_in(function.__code__):
            ticks = function.__globals__.get(name)
            if isinstance(ticks, TimeWindowPartitionsDefinition):
                told = {"kind": "cron", "cron": ticks.cron_schedule, "timezone": str(ticks.timezone)}
                return told, ticks.start.isoformat(), True
        text = (self.sources.code(function) or {}).get("text", "")
        for node in reading.walked(text):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "timedelta":
                told = {keyword.arg: reading.constant(keyword.value) for keyword in node.keywords}
                if told.get("seconds"):
                    start = self.assigned(function, "start")
                    again = "for number in range(" in text
                    return {"kind": "interval", "seconds": float(told["seconds"]), "anchor": start}, start, again
        return {}, None, None

    def assigned(self, function, name):
        """The moment that a function of pipeglot's assigns to a name."""
        if function is None or not self.made_by_us:
            return None
        for node in reading.walked((self.sources.code(function) or {}).get("text", "")):
            if (
                isinstance(node, ast.Assign)
                and getattr(node.targets[0], "id", "") == name
                and isinstance(node.value, ast.Call)
            ):
                numbers = [reading.constant(each) for each in node.value.args]
                if len(numbers) == 6 and all(isinstance(each, int) for each in numbers):
                    return datetime(*numbers, tzinfo=timezone.utc).isoformat()
        return None

    def monitors(self):
        """The sensors that look at the state a run of the job comes to."""
        from dagster._core.definitions.run_status_sensor_definition import RunStatusSensorDefinition

        for each in self.repository.sensor_defs:
            if isinstance(each, RunStatusSensorDefinition):
                yield each

    def reactions(self):
        if self.made_by_us:  # they ask for the final call, which is read as a task
            return
        for each in self.monitors():
            state = each._run_status.value.lower()
            yield bare({"event": state, "calls": each.name, "at": self.sources.word([MADE.spot(each)])})

    def final(self):
        """The tasks of the jobs that are asked for when a run has ended: they are recorded with it."""
        if not self.made_by_us:
            return
        for each in self.monitors():
            for target in each.targets:
                if target.job_name not in self.seen and self.repository.has_job(target.job_name):
                    self.seen.add(target.job_name)
                    yield from self.tasks(self.repository.get_job(target.job_name), "")

    # ------------------------------------------------------------ tasks

    def groups(self, graph, prefix):
        for node in graph.nodes:
            if hasattr(node.definition, "nodes"):
                yield prefix + node.name
                yield from self.groups(node.definition, f"{prefix}{node.name}.")

    def tasks(self, job, prefix, graph=None, handle=None):
        from dagster._core.definitions.dependency import NodeHandle

        graph = graph or job.graph
        for node in graph.nodes:
            here = NodeHandle(node.name, handle)
            if hasattr(node.definition, "nodes"):
                yield from self.tasks(job, f"{prefix}{node.name}.", node.definition, here)
            else:
                yield self.task(job, graph, node, here, prefix)
                yield from self.jobs_in(node.definition)

    def jobs_in(self, definition):
        """The tasks of jobs that an op's code runs."""
        from dagster import JobDefinition

        function = dagster_ops.decorated(definition)
        for name in reading.names_in(function.__code__) if isinstance(function, types.FunctionType) else ():
            job = function.__globals__.get(name)
            if isinstance(job, JobDefinition) and job.name not in self.seen:
                self.seen.add(job.name)
                yield from self.tasks(job, "")

    def task(self, job, graph, node, handle, prefix):
        definition, function = node.definition, dagster_ops.decorated(node.definition)
        code = self.sources.code(function) if function is not None else None
        at = functools.partial(self.sources.word, [*self.spot_of(function), MADE.spot(definition)])
        policy = job.get_retry_policy_for_handle(handle)
        shared = policy is not None and policy is job.op_retry_policy
        again, timeout, tolerance, unknown = dagster_ops.retries(policy), None, None, ["join"]
        text = (code or {}).get("text", "")
        by_code = {
            getattr(call.func, "attr", None) or getattr(call.func, "id", ""): call for call in dagster_ops.called(text)
        }
        if self.made_by_us:
            if "retried" in by_code:
                waits = reading.numbers(by_code["retried"].args[-1])
                again = {"count": len(waits), "waits": waits} if waits is not None else again
                unknown += ["retries"] if waits is None else []
            if "time_limit" in by_code:
                timeout = reading.constant(by_code["time_limit"].args[0])
            if "tolerated" in by_code:
                tolerance = {"default": reading.constant(by_code["tolerated"].args[-1])}
        else:
            unknown += ["timeout", "tolerance"] + (["retries"] if "RetryRequested" in by_code else [])
        # What a graph in the job is given comes from outside of it.
        unknown += ["waits_for"] if prefix else []
        mapped = graph.dependency_structure.is_dynamic_mapped(node.name)
        tags = {**definition.tags, **node.tags}
        optional = [out.name for out in definition.output_defs if not out.is_required and not out.is_dynamic]
        settings = list(self.task_settings(definition, node, tags, by_code, at))
        limit = self.limit(tags)
        # Where items are runs of their own, the op that starts them keeps the bound.
        unknown += ["at_once"] if limit is None and (not self.made_by_us or job is not self.job) else []
        return bare(
            {
                "name": prefix + node.name,
                "kind": "branch" if len(optional) > 1 else "python",
                "operator": definition.name,
                "at": at(),
                "group": prefix.rstrip(".") or None,
                "waits_for": sorted({prefix + name for name in dagster_ops.upstream(graph, node.name)}),
                "over": ["*"] if mapped else [],
                "retries": again,
                "timeout": timeout,
                "at_once": limit,
                "tolerance": tolerance,
                "resources": dagster_ops.pod(tags.get("dagster-k8s/config")),
                "hooks": list(self.hooks(node.hook_defs, at)),
                "settings": settings,
                "code": code,
                "doc": definition.description or "",
                "places": bare({"retries": self.at("op_retry_policy") if shared else at("retry_policy")})
                if again["count"]
                else {},
                "unknown": unknown,
            }
        )

    def limit(self, tags):
        """How many ops with such a tag run at once, as the file tells its executor."""
        for key, value, limit in dagster_ops.bounds(self.sources.entry):
            if key in tags and value in (None, tags[key]):
                return limit
        return None

    def hooks(self, hooks, at):
        for hook in hooks or ():
            made = getattr(hook.hook_fn, "__qualname__", "")
            event = "failure" if "failure_hook" in made else "success" if "success_hook" in made else "event"
            yield bare({"event": event, "calls": hook.name, "at": at("hooks")})

    def task_settings(self, definition, node, tags, by_code, at):
        if getattr(definition, "pool", None):
            yield reading.placed("pool", definition.pool, at("pool"))
        for key, value in sorted(tags.items()):
            if not key.startswith(("dagster/compute_kind", "dagster-k8s", "pipeline/")):
                yield reading.placed("priority" if key == "dagster/priority" else f"tag {key}", value, at("tags"))
        if "RetryRequested" in by_code and not self.made_by_us:
            told = ", ".join(
                ast.unparse(each) for each in [*by_code["RetryRequested"].args, *by_code["RetryRequested"].keywords]
            )
            yield reading.placed("RetryRequested", told, at())
        layer = self.job.asset_layer
        for key in sorted(layer.executable_asset_keys if layer else ()):
            assets = self.repository.assets_defs_by_key.get(key)
            if assets is not None and assets.node_def is definition:
                yield reading.placed("asset", key.to_user_string(), at())
                version = layer.asset_graph.get(key).code_version
                if version:
                    yield reading.placed("code_version", version, at("code_version"))
        for out in definition.output_defs:
            if out.io_manager_key not in (None, "io_manager"):
                yield reading.placed("io_manager_key", out.io_manager_key, at("io_manager_key"))


if __name__ == "__main__":
    reading.serve("dagster", prepare)
