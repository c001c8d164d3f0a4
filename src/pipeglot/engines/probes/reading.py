"""What the readers share that say what a file declares, without running it. Standard library only.

A reader loads a job's file as its engine does and gives `pipeglot.native/1` of what it finds (`engines/native.py` has the
fields). A place is `{"file": ..., "line": ...}`, the file relative to the job's folder.
"""

import ast
import contextlib
import functools
import inspect
import os
import re
import sys
import textwrap
import types
from pathlib import Path

import wire

TEMPLATE = re.compile(r"\{\{|\{%")
OWN = "Made by pipeglot from pipeline"
"""What stands near the top of the files that pipeglot writes."""

PULL = re.compile(r"xcom_pull\(([^()]*(?:\([^()]*\)[^()]*)*)\)")


def serve(engine, prepare):
    """Answer every job. `prepare()` imports the engine and gives the function that answers one: `read(job, sources)`."""

    def ready():
        read = prepare()

        def native(job):
            sources = Sources(job)
            told = {"compiled": sources.compiled, **read(job, sources)}
            return wire.plain({"engine": engine, "file": job["entry"], **told})

        return native

    wire.serve(engine, "native", ready, "load {entry}")


def bare(told):
    """Without what is not there."""
    return {key: value for key, value in told.items() if value is not None}


def seconds(delta):
    """Seconds of a timedelta or a number of seconds."""
    return None if delta is None else float(delta.total_seconds() if hasattr(delta, "total_seconds") else delta)


def cores(quantity):
    """Cores of a Kubernetes quantity."""
    text = None if quantity is None else str(quantity)
    return text and (int(text[:-1]) / 1000 if text.endswith("m") else float(text))


def pod(asks, limits, selector):
    """What Kubernetes is asked for: requests, else limits, and the devices among these."""
    devices = {name: int(count) for name, count in limits.items() if "/" in name}
    kind = next(iter(devices), None)
    return bare(
        {
            "cpu": cores(asks.get("cpu") or limits.get("cpu")),
            "memory": asks.get("memory") or limits.get("memory"),
            "gpus": devices.get(kind),
            "gpu_type": kind,
            "node_selector": dict(selector),
        }
    )


def name_of(called):
    """What a callable is called."""
    called = getattr(called, "func", called) if not hasattr(called, "__name__") else called
    return getattr(called, "__name__", None) or type(called).__name__


def said(value):
    """A value for people and machines: JSON where it is, else a short text without addresses."""
    if isinstance(value, (list, tuple)):
        return [said(each) for each in value]
    if isinstance(value, dict):
        return {str(key): said(each) for key, each in value.items()}
    if hasattr(value, "total_seconds"):
        return seconds(value)
    if isinstance(getattr(value, "uri", None), str):
        return value.uri
    if callable(value) and hasattr(value, "__name__"):
        return value.__name__
    told = wire.plain(value)
    if isinstance(told, dict) and set(told) == {"__type__", "text"}:
        return re.sub(r" (object )?at 0x[0-9a-f]+", "", told["text"])[:500]
    return told


def texts(value, name):
    """Every text in a value that a template engine would render, by where it is."""
    if isinstance(value, str):
        return {name: value} if TEMPLATE.search(value) else {}
    found = {}
    if isinstance(value, dict):
        for key, each in value.items():
            found.update(texts(each, f"{name}.{key}"))
    elif isinstance(value, (list, tuple)):
        for number, each in enumerate(value):
            found.update(texts(each, f"{name}.{number}"))
    return found


def pulls(text, into):
    """The values that a template or a function's source takes by name."""
    for found in PULL.finditer(text):
        with contextlib.suppress(SyntaxError, ValueError):
            call = ast.parse(f"f({found[1].strip()})", mode="eval").body
            told = {keyword.arg: keyword.value for keyword in call.keywords}
            for number, word in enumerate(("task_ids", "dag_id", "key")):
                if number < len(call.args):
                    told.setdefault(word, call.args[number])
            key = constant(told.get("key"))
            tasks = constant(told.get("task_ids"))
            for task in tasks if isinstance(tasks, (list, tuple)) else [tasks]:
                if isinstance(task, str):
                    yield bare({"into": into, "task": task, "key": key if isinstance(key, str) else None})


def placed(name, value, at):
    """A setting."""
    return bare({"name": name, "value": said(value), "at": at})


def constant(node):
    """The value of an expression that is a constant; None of any other."""
    try:
        return None if node is None else ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return None


def numbers(node):
    """A list of numbers, also one that is put together; None of any other expression."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = numbers(node.left), numbers(node.right)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left, count = numbers(node.left), constant(node.right)
        return None if left is None or not isinstance(count, int) else left * count
    value = constant(node)
    return [float(each) for each in value] if isinstance(value, list) else None


def names_in(code):
    """The names that code looks up, and code in it, in their order."""
    seen = dict.fromkeys(code.co_names)
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            seen.update(dict.fromkeys(names_in(each)))
    return list(seen)


class Sources:
    """The files of a job: what is written where."""

    def __init__(self, job):
        self.folder = os.path.realpath(job["folder"])
        self.roots = [os.path.join(os.path.realpath(root), "") for root in (job["folder"], *job["path"])]
        self.entry = str(Path(job["folder"], job["entry"]))
        self.compiled = OWN in text_of(self.entry)[:3000]

    def own(self, file):
        """Whether a file is the user's."""
        file = os.path.realpath(file)
        return "site-packages" not in file and any(file.startswith(root) for root in self.roots)

    def place(self, file, line):
        if not file or not line or not self.own(file):
            return None
        file = os.path.realpath(file)
        inside = file.startswith(os.path.join(self.folder, ""))
        return {"file": os.path.relpath(file, self.folder) if inside else file, "line": line}

    def here(self, made=None):
        """The line of the user's file that is being executed, outside of methods of what is made."""
        frame = sys._getframe(1)
        while frame is not None:
            if self.own(frame.f_code.co_filename) and frame.f_locals.get("self", self) is not made:
                return frame.f_code.co_filename, frame.f_lineno
            frame = frame.f_back
        return None

    def code(self, function):
        """The source of a function, without what wraps it."""
        try:
            function = inspect.unwrap(function)
            file, line = inspect.getsourcefile(function), function.__code__.co_firstlineno
            text = "".join(inspect.getsourcelines(function)[0])
        except (OSError, TypeError, AttributeError, ValueError):
            return None
        at = self.place(file, line)
        module = function.__module__ or ""
        return bare(
            {
                "name": function.__name__,
                "module": "" if module.startswith("pipeglot_job_") else module,
                "at": at,
                # What is installed is looked up by its name.
                "text": text if at else "",
            }
        )

    def function(self, name):
        """Where a function of the entry file is defined."""
        for node in ast.walk(tree_of(self.entry)):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return self.place(self.entry, node.lineno)
        return None

    def word(self, spots, *names):
        """Where one of some keywords or keys is written for what was made at some spots (file and line): in the calls
        there, else in a dict before them, which many things have in common, else the first spot itself."""
        spots = [spot for spot in spots if spot is not None]
        for file, line in spots:
            for name in names:
                for start, end, number in written(file).get(name, ()):
                    if start <= line <= end:
                        return self.place(file, number)
        for file, line in spots:
            for name in names:
                before = [number for start, _, number in written(file).get(name, ()) if not start and number <= line]
                if before:
                    return self.place(file, before[-1])
        return self.place(*spots[0]) if spots else None


class Made:
    """Remembers which line of the user's made an object, while a job's file is loaded."""

    def __init__(self):
        self.known, self.sources = {}, None

    def watch(self, owner, name):
        """Notice every call of a method that makes one."""
        original = getattr(owner, name)

        @functools.wraps(original)
        def making(made, *args, **kwargs):
            if self.sources is not None and id(made) not in self.known:
                # The object is kept, so that no other gets its id.
                self.known[id(made)] = made, self.sources.here(made)
            return original(made, *args, **kwargs)

        setattr(owner, name, making)

    @contextlib.contextmanager
    def at(self, sources):
        self.known, self.sources = {}, sources
        try:
            yield
        finally:
            self.sources = None

    def spot(self, made):
        return self.known.get(id(made), (None, None))[1]


def text_of(file):
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


@functools.lru_cache(maxsize=500)
def tree_of(file):
    try:
        return ast.parse(text_of(file))
    except (SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])


@functools.lru_cache(maxsize=500)
def written(file):
    """Keywords of calls by name: (first and last line of the call, line of the keyword). Keys of dicts, which hold for
    what follows, have 0 for the first line."""
    found = {}
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Call):
            made = getattr(node.func, "id", "") == "dict"
            span = (0, 0) if made else (node.lineno, node.end_lineno)
            for keyword in node.keywords:
                if keyword.arg:
                    # The innermost call comes last, and is looked at first.
                    found.setdefault(keyword.arg, []).insert(0, (*span, keyword.value.lineno))
        elif isinstance(node, ast.Dict):
            for key in node.keys:
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    found.setdefault(key.value, []).append((0, 0, key.lineno))
    return found


def walked(text):
    """The nodes of a function's source, which may be indented."""
    try:
        return list(ast.walk(ast.parse(textwrap.dedent(text))))
    except (SyntaxError, ValueError):
        return []


def yaml_line(node, path):
    """The line of what stands at a path of keys and positions in a composed YAML document; None when there is nothing."""
    for step in path:
        if isinstance(step, int):
            inside = node.value if node is not None and node.id == "sequence" else []
            node = inside[step] if step < len(inside) else None
        else:
            inside = node.value if node is not None and node.id == "mapping" else []
            node = next((value for key, value in inside if key.value == step), None)
    return None if node is None else node.start_mark.line + 1
