"""Rules about what a pipeline declares: parameters, schedule, steps, source and packages."""

from __future__ import annotations

import ast
import re
import warnings
from datetime import datetime
from zoneinfo import ZoneInfo

from pipeglot.core.compat import assert_never
from pipeglot.core.ir import Container, Cron, Imported, Inlined, Shell
from pipeglot.core.mismatch import mismatch
from pipeglot.core.rules.practice import looks_secret
from pipeglot.core.rules.symbols import Findings, SymbolTable

_REQUIREMENT = re.compile(
    r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\s*(\[[\w\s.,-]*\])?\s*"
    r"(@\s*\S+|\(?\s*((===|~=|==|!=|<=|>=|<|>)\s*[\w.*+!-]+\s*,?\s*)*\)?)\s*(;.*)?"
)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = re.compile(
    r"PATH|HOME|USER|SHELL|TMPDIR|LD_.*|DYLD_.*|PYTHON.*|VIRTUAL_ENV|CONDA_PREFIX|PIPEGLOT_.*"
    r"|_*AIRFLOW__.*|AIRFLOW_(HOME|CONFIG)|PREFECT_.*|DAGSTER_.*|KFP_.*|KF_.*",
    re.IGNORECASE,
)
_CRON_FIELD = re.compile(r"[0-9A-Za-z*,/#-]+")


def params(symbols: SymbolTable) -> Findings:
    """Defaults fit their types, and a required parameter has none."""
    for param in symbols.pipeline.params:
        if param.required:
            if param.default is not None:
                yield symbols.find("PG185", f"parameter {param.name!r} is required and has a default", param)
            continue
        reason = mismatch(param.default, param.type)
        if reason:
            yield symbols.find("PG185", f"the default of parameter {param.name!r}: {reason}", param)


def schedule(symbols: SymbolTable) -> Findings:
    """Cron expressions and time zones can be read, and catching up has a beginning."""
    schedule = symbols.pipeline.schedule
    if schedule is None:
        return
    if schedule.catch_up and schedule.start is None:
        yield symbols.find("PG186", "catch_up without a start date", help="say from when: start=...")
    if isinstance(schedule.timing, Cron):
        reason = _bad_cron(schedule.timing.expression)
        if reason:
            message = f"cron {schedule.timing.expression!r} {reason}"
            yield symbols.find("PG186", message, help="minute hour day month weekday, such as 0 2 * * *")
        if not _zone_exists(schedule.timing.timezone):
            message = f"no time zone {schedule.timing.timezone!r}"
            yield symbols.find("PG186", message, help="an IANA name, such as Europe/Berlin or UTC")


def _bad_cron(expression: str) -> str | None:
    fields = expression.split(" ")
    if len(fields) != 5 or not all(_CRON_FIELD.fullmatch(field) for field in fields):
        return f"has {len(expression.split())} fields, not five of cron with one space between"
    if re.search(r"(?i)\b[rh]\b", expression):
        return "means another time on every machine (R, H)"
    # Imported here: only a pipeline with a schedule waits for it.
    from croniter import croniter

    if not croniter.is_valid(expression):
        return "cannot be read"
    try:
        croniter(expression, datetime(2026, 1, 1)).get_next()
    except ValueError:
        return "never comes"
    return None


def _zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def steps(symbols: SymbolTable) -> Findings:
    """Steps have distinct parameters, names that Python or a shell can hold, and code that is there."""
    defined = {name for chunk in symbols.pipeline.code if chunk.kind == "function" for name in chunk.names}
    for step in symbols.pipeline.steps:
        names = [parameter.name for parameter in step.parameters]
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            yield symbols.find("PG193", f"step {step.name!r} has two parameters {name!r}", step)
        python = isinstance(step.run, Imported | Inlined)
        for name in names:
            if not (name.isidentifier() if python else _VARIABLE.fullmatch(name)):
                what = "Python parameter" if python else "environment variable"
                yield symbols.find("PG193", f"step {step.name!r}: {name!r} cannot be a {what}", step)
        match step.run:
            case Inlined(name=name) if name not in defined:
                message = f"step {step.name!r} runs {name!r}, which the pipeline's code does not define"
                yield symbols.find("PG188", message, step)
            case Imported(module=module, attr=attr):
                for dotted in (module, attr):
                    if not all(part.isidentifier() for part in dotted.split(".")):
                        message = f"step {step.name!r}: {dotted!r} cannot be imported"
                        yield symbols.find("PG193", message, step)
            case Inlined() | Shell() | Container():
                pass
            case _:
                assert_never(step.run)


def secrets(symbols: SymbolTable) -> Findings:
    """Each call reads a variable once, one variable is one secret, and what says where it is kept is none itself."""
    kept: dict[str, str | None] = {}
    for call in symbols.calls:
        seen: set[str] = set()
        for secret in call.policy.secrets:
            if any(looks_secret(said) for said in (secret.env, secret.name, secret.key) if said):
                message = f"a secret of {call.id!r} is written out, or looks like it (it is not shown)"
                way_out = "name the variable and where the secret is kept: secrets={'TOKEN': 'name/key'}"
                yield symbols.find("PG194", message, call, way_out)
                continue
            if secret.env in seen:
                yield symbols.find("PG194", f"{call.id!r} has two secrets {secret.env}", call)
            elif kept.setdefault(secret.env, secret.kept) != secret.kept:
                message = f"the secret {secret.env} of {call.id!r} is kept elsewhere than that of another call"
                yield symbols.find("PG194", message, call, "one variable is one secret in all of a pipeline")
            seen.add(secret.env)
            if _RESERVED.fullmatch(secret.env):
                message = f"{secret.env} is not a valid variable for a secret of {call.id!r}: the name is reserved by the operating system or the engine"
                yield symbols.find("PG194", message, call, "choose another name")
            step = symbols.steps.get(call.step)
            if step and isinstance(step.run, Shell | Container) and any(p.name == secret.env for p in step.parameters):
                message = f"{secret.env} is a secret of {call.id!r} and an argument of its script"
                yield symbols.find("PG194", message, call, "rename the parameter")


def code(symbols: SymbolTable) -> Findings:
    """The source that travels with the pipeline is Python, each piece defining what it says it defines."""
    sound = True
    for chunk in symbols.pipeline.code:
        names = ", ".join(chunk.names) or chunk.kind
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(chunk.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            sound = False
            yield symbols.find("PG188", f"the source of {names} is not Python: {error}", chunk)
            continue
        if chunk.kind == "function":
            found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
            for name in chunk.names:
                if name not in found:
                    sound = False
                    yield symbols.find("PG188", f"the source of {name!r} does not define it", chunk)
    if sound and symbols.pipeline.code:
        text = "\n\n".join(chunk.text for chunk in symbols.pipeline.code)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(text, "<steps>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            yield symbols.find("PG188", f"the pipeline's code does not compile: {error}")


def packages(symbols: SymbolTable) -> Findings:
    """Packages are requirement lines."""
    for line in symbols.pipeline.packages:
        if not _REQUIREMENT.fullmatch(line.strip()):
            message = f"{line!r} is not a package requirement"
            yield symbols.find("PG189", message, help="write it as in requirements.txt: name==1.2")
