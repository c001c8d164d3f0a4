"""What Dagster recorded of a run, as the probes tell it: its steps by their events, and what they gave."""

import pickle
import re

import wire

STEP = re.compile(r"(.*?)(?:\[([^]]*)\])?\Z", re.DOTALL)


class Teller:
    """Tells of the steps of a job's runs: of each event as it happens where this process runs the steps, else of
    what an instance has got of a run since the last look."""

    def __init__(self, job, instance):
        self.number, self.instance = job["number"], instance
        self.steps, self.cursors = {}, {}

    def __enter__(self):
        def handled(entry, **how):
            type(self.instance).handle_new_event(self.instance, entry, **how)
            self.take(entry)

        self.instance.handle_new_event = handled
        return self

    def __exit__(self, *_):
        del self.instance.handle_new_event

    def look(self, run_id):
        """What is new of a run and of the runs that it started."""
        import dagster

        started = self.instance.get_runs(dagster.RunsFilter(tags={"pipeline/main_run": run_id}))
        for id in [run_id, *(run.run_id for run in reversed(started))]:
            new = self.instance.get_records_for_run(id, self.cursors.get(id))
            self.cursors[id] = new.cursor
            for record in new.records:
                self.take(record.event_log_entry)

    def take(self, entry):
        event = entry.dagster_event
        if event is None or event.step_key is None:
            return
        if entry.run_id not in self.steps:
            self.steps[entry.run_id] = Steps(self.instance.get_run_by_id(entry.run_id))
        step = self.steps[entry.run_id].after(entry)
        if event.event_type_value in ("STEP_START", "STEP_RESTARTED", "STEP_SUCCESS", "STEP_FAILURE"):
            wire.tell(
                "event",
                job=self.number,
                task=step["name"],
                index=step["index"],
                state=step["state"],
                attempt=step["attempts"],
                error=None,
            )


def tell_run(job, definition, instance, run_id, notes):
    import dagster

    record = instance.get_run_record_by_id(run_id)
    status = record.dagster_run.status
    states = {dagster.DagsterRunStatus.SUCCESS: "succeeded", dagster.DagsterRunStatus.CANCELED: "cancelled"}
    others = instance.get_runs(dagster.RunsFilter(tags={"pipeline/main_run": run_id}))
    tasks, failure = [], None
    for run in [record.dagster_run, *reversed(others)]:
        found, failed = steps(definition if run.run_id == run_id else None, instance, run)
        tasks += found
        failure = failure or failed
    if failure and status != dagster.DagsterRunStatus.SUCCESS and not any(t["error"] for t in tasks):
        notes.append(failure[: wire.LONGEST])
    wire.tell(
        "run",
        job=job["number"],
        run={
            "engine": "dagster",
            "engine_version": dagster.__version__,
            "state": states.get(status, "failed"),
            "run_id": run_id,
            "logical_date": wire.iso(wire.instant(job)),
            "started": time_of(record.start_time),
            "ended": time_of(record.end_time),
            "tasks": tasks,
            "notes": notes,
        },
    )


def steps(definition, instance, run):
    """Every step of a run that Dagster has an event of, and the run's own failure if it has one."""
    found, failure = Steps(run), None
    for entry in instance.all_logs(run.run_id):
        event = entry.dagster_event
        if event is None:
            continue
        if event.step_key is not None:
            found.after(entry)
        elif event.event_type_value == "PIPELINE_FAILURE":
            failure = event.message
    return found.told(definition), failure


class Steps:
    """The steps of one run, as far as its events tell of them."""

    def __init__(self, run):
        self.path = [int(part) for part in run.tags.get("pipeline/item", "").split(".") if part]
        self.state = run.tags.get("pipeline/state")
        self.found, self.outputs, self.order, self.assets, self.last = {}, {}, {}, {}, {}

    def after(self, entry):
        """The step that an event is of, with what the event says about it."""
        event = entry.dagster_event
        kind, said = event.event_type_value, event.event_specific_data
        if kind == "ASSET_MATERIALIZATION_PLANNED":
            self.assets.setdefault(event.step_key, []).append(list(said.asset_key.path))
            return None
        name, key = STEP.match(event.step_key).groups()
        if event.step_key not in self.found:
            self.found[event.step_key] = new_step(name, self.path + self.position(key))
        step = self.found[event.step_key]
        if kind in ("STEP_START", "STEP_RESTARTED"):
            step["attempts"] += 1
            step["started"] = step["started"] or time_of(entry.timestamp)
            step["state"], step["ended"] = "STARTED", None
        elif kind in ("STEP_SUCCESS", "STEP_FAILURE", "STEP_SKIPPED"):
            tolerated = step["state"] == "TOLERATED" and kind == "STEP_SUCCESS"
            step["state"] = "TOLERATED" if tolerated else kind.removeprefix("STEP_")
            step["ended"] = None if kind == "STEP_SKIPPED" else time_of(entry.timestamp)
            if kind == "STEP_FAILURE":
                step["error"] = error_of(event)
        elif kind == "STEP_OUTPUT":
            handle = said.step_output_handle
            self.last[event.step_key] = handle.mapping_key
            if handle.mapping_key is not None:
                keys = self.order.setdefault((event.step_key, handle.output_name), {})
                keys.setdefault(handle.mapping_key, len(keys))
            metadata = said.metadata or {}
            if "tolerated" in metadata and "message" in metadata:
                step["state"] = "TOLERATED"
                step["error"] = {"type": metadata["tolerated"].value, "message": metadata["message"].value}
        elif kind == "HANDLED_OUTPUT":
            outputs = self.outputs.setdefault(event.step_key, {})
            mapped = self.last.get(event.step_key)
            if mapped is None:
                outputs[said.output_name] = said.metadata
            else:
                outputs.setdefault(said.output_name, Mapped())[mapped] = said.metadata
        return step

    def position(self, key):
        """The place of a mapping key among those that were yielded before."""
        if key is None:
            return []
        places = [keys[key] for keys in self.order.values() if key in keys]
        return places[:1] or ([int(key)] if key.isdigit() else [])

    def told(self, definition):
        """All that is known of the steps: what they gave is read now."""
        for key, step in self.found.items():
            outs = outputs_of(definition, step["name"])
            paths = self.assets.get(key, [])
            if len(paths) == 1 and step["name"] == "__".join(paths[0]):
                step["name"] = ".".join(paths[0])
            step["told"] = self.state if self.state in ("succeeded", "failed", "cancelled") else None
            values = {}
            for name, metadata in self.outputs.get(key, {}).items():
                if isinstance(metadata, Mapped):
                    read_all = [read(each) for each in metadata.values()]
                    value, known = [value for value, _ in read_all], all(known for _, known in read_all)
                else:
                    value, known = read(metadata)
                if known:
                    values[name] = value
            if step["state"] == "SUCCESS":
                # A dynamic output that nothing was yielded of is an empty list; an op that gives nothing gives None.
                values.update({out.name: [] for out in outs if out.is_dynamic and out.name not in values})
                if outs and all(out.dagster_type.is_nothing and out.is_required for out in outs):
                    values["result"] = None
            step["steers"] = len(outs) > 1 and not any(out.is_required or out.is_dynamic for out in outs)
            step["has_output"] = "result" in values
            step["output"] = values.pop("result", None)
            step["values"] = values
        return list(self.found.values())


def outputs_of(definition, name):
    """The outputs that the op of a step is defined with, where that is known."""
    try:
        return definition.get_op(dagster_handle(name)).definition.output_defs if definition is not None else []
    except Exception:  # a step that the job, as it is now, has no op of
        return []


def dagster_handle(name):
    from dagster._core.definitions.dependency import NodeHandle

    return NodeHandle.from_path(name.split("."))


class Mapped(dict):
    """What was handled of a dynamic output, by mapping key."""


def new_step(name, index):
    return {
        "name": name,
        "index": index,
        "state": "PLANNED",
        "attempts": 0,
        "started": None,
        "ended": None,
        "has_output": False,
        "output": None,
        "error": None,
    }


def read(metadata):
    """An output that the default IO manager has kept; of None it does not say where."""
    if not metadata:
        return None, True
    try:
        with open(metadata["path"].value, "rb") as file:
            return wire.plain(pickle.load(file)), True
    except (KeyError, OSError, pickle.UnpicklingError, AttributeError, ImportError):
        return None, False


def error_of(event):
    """The author's exception: Dagster wraps it."""
    error = event.event_specific_data.error
    if error is None:
        return None
    error = error.cause or error
    kind = error.cls_name or "Error"
    message = re.sub(rf"^([\w.]+\.)?{re.escape(kind)}: ", "", error.message.strip())
    return {"type": kind, "message": message[: wire.LONGEST]}


def time_of(seconds):
    from datetime import datetime, timezone

    return None if seconds is None else wire.iso(datetime.fromtimestamp(seconds, timezone.utc))
