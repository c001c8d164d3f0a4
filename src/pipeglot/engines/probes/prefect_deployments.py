"""What starts runs of a flow, as far as files say. Standard library and Prefect's own YAML reader only."""

import ast
import datetime
import inspect
import os
import re

import reading
from prefect_ticks import OFF
from reading import bare, said


class Deployments:
    """What starts runs of a flow, as far as files say: `prefect.yaml`, or `serve`, `deploy` and `to_deployment` with constants
    in its own file. `known` is whether any deployment is."""

    def __init__(self, flow, sources):
        self.flow, self.sources = flow, sources
        self.schedules, self.limits, self.tags, self.settings, self.known = [], [], [], [], False
        function = inspect.unwrap(flow.fn)
        self.function, self.file = function.__name__, os.path.realpath(inspect.getsourcefile(function))
        folder = os.path.dirname(self.file)
        for _ in range(3):
            kept = os.path.join(folder, "prefect.yaml")
            if os.path.exists(kept):
                self.yaml(kept)
                break
            if not sources.own(os.path.join(os.path.dirname(folder), "x")):
                break
            folder = os.path.dirname(folder)
        self.python(sources.entry)

    def yaml(self, kept):
        import yaml

        with open(kept, encoding="utf-8") as file:
            text = file.read()
        node, data = yaml.compose(text), yaml.safe_load(text)
        for number, each in enumerate((data or {}).get("deployments") or ()):
            entry, _, variable = str(each.get("entrypoint", "")).partition(":")
            if os.path.realpath(os.path.join(os.path.dirname(kept), entry)) != self.file or variable != self.function:
                continue
            self.known = True
            self.tags += each.get("tags") or []
            limit = each.get("concurrency_limit")
            self.limits.append(limit.get("limit") if isinstance(limit, dict) else limit)
            told = each.get("schedules") or ([each["schedule"]] if each.get("schedule") else [])
            for position, one in enumerate(told):
                if one == OFF:
                    continue
                line = reading.yaml_line(node, ("deployments", number, "schedules", position))
                where = self.sources.place(kept, line) or self.sources.place(kept, 1)
                self.schedule({**one}, each.get("name"), where, one.get("active", True) and not each.get("paused"))
            for name in ("triggers", "work_pool", "parameters"):
                if each.get(name) and name == "triggers":
                    self.settings.append(reading.placed(name, each[name], self.sources.place(kept, 1)))

    def python(self, file):
        for node in ast.walk(reading.tree_of(file)):
            if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") not in (
                "serve",
                "deploy",
                "to_deployment",
            ):
                continue
            owner = node.func.value
            if self.function not in [each.id for each in ast.walk(owner) if isinstance(each, ast.Name)]:
                continue
            self.known = True
            told = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
            where = self.sources.place(file, node.lineno)
            name = reading.constant(told.get("name") or (node.args[0] if node.args else None))
            self.tags += reading.constant(told.get("tags")) or []
            self.limits.append(reading.constant(told.get("concurrency_limit") or told.get("global_limit")))
            paused = reading.constant(told.get("paused"))
            for kind in ("cron", "interval", "rrule", "schedule", "schedules"):
                if kind in told:
                    at = self.sources.place(file, told[kind].lineno)
                    for one in self.written(kind, told[kind]):
                        self.schedule(one, name, at, not paused)
            if "triggers" in told:
                self.settings.append(reading.placed("triggers", ast.unparse(told["triggers"]), where))

    def written(self, kind, node):
        """Schedules as they are spelled in Python."""
        value = reading.constant(node)
        if kind in ("cron", "rrule") and value is not None:
            return [{kind: each} for each in (value if isinstance(value, (list, tuple)) else [value])]
        if kind == "interval" and isinstance(value, (int, float)):
            return [{"interval": value}]
        if isinstance(node, (ast.List, ast.Tuple)):
            return [one for each in node.elts for one in self.written(kind, each)]
        if isinstance(node, ast.Call):
            made = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
            told = {keyword.arg: reading.constant(keyword.value) for keyword in node.keywords if keyword.arg}
            first = reading.constant(node.args[0]) if node.args else None
            if made == "timedelta" and all(isinstance(each, (int, float)) for each in told.values()) and not node.args:
                return [{"interval": datetime.timedelta(**told).total_seconds()}]
            spans = [each.value for each in node.keywords if each.arg == "interval"] + node.args[:1]
            if made in ("Interval", "IntervalSchedule") and spans:
                return self.written("interval", spans[0])
            if made in ("Cron", "CronSchedule") and (cron := told.get("cron") or first):
                return [{"cron": cron, "timezone": told.get("timezone")}]
        return [{"other": ast.unparse(node)}]

    def schedule(self, told, name, at, active):
        zone = told.get("timezone") or "UTC"
        common = {"name": str(name or ""), "at": at, "active": bool(active)}
        if told.get("cron"):
            found = {"kind": "cron", "cron": told["cron"], "timezone": zone, "about": f"cron {told['cron']} ({zone})"}
        elif told.get("interval") is not None and (span := interval(told["interval"])) is not None:
            anchor = told.get("anchor_date")
            if isinstance(anchor, str):
                anchor = datetime.datetime.fromisoformat(anchor.replace("Z", "+00:00"))
            if anchor is not None and anchor.tzinfo is None:
                anchor = anchor.replace(tzinfo=datetime.timezone.utc)
            found = {"kind": "interval", "seconds": span, "about": f"every {span:g} s"}
            found["anchor"] = anchor and anchor.isoformat()
        else:
            words = told.get("rrule") or told.get("other") or said(told)
            found = {"kind": "other", "about": f"{words}"[:300]}
        self.schedules.append(bare({**common, **found}))


def interval(told):
    """Seconds of a number, a timedelta or an ISO 8601 duration."""
    if hasattr(told, "total_seconds"):
        return told.total_seconds()
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", str(told))
    if found:
        days, hours, minutes, rest = (int(part or 0) for part in found.groups())
        return float(((days * 24 + hours) * 60 + minutes) * 60 + rest)
    try:
        return float(told)
    except (TypeError, ValueError):
        return None
