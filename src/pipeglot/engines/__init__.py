"""The engines' own environments: install, find, check, and derive one that holds a pipeline's packages too.

An engine never shares an environment with pipeglot. Each lives in the user's cache, made from a committed
list of versions, or is an existing environment that the user points to.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pipeglot import backends
from pipeglot.backends.base import EngineSpec, dotted, release_of
from pipeglot.core.dataclass import dataclass
from pipeglot.core.diagnostic import Diagnostic, EngineError
from pipeglot.engines import environment

_CHECK_TIMEOUT = 120


@dataclass(frozen=True)
class Engine:
    """An environment with an engine in it. `managed`: made by pipeglot, not pointed to by the user. `name` is that of the
    measured release next to it: `airflow@2.10`, or `airflow` for the newest."""

    name: str
    version: str
    python: Path
    managed: bool = True

    @property
    def target(self) -> str:
        """The target that it runs."""
        return target_of(self.name)


@dataclass(frozen=True)
class EngineStatus:
    """One line of `pipeglot engines list`, of one release: `python` is None when it is not installed."""

    name: str
    version: str
    supported: str
    python: Path | None
    folder: Path


def target_of(name: str) -> str:
    """The target of an engine's name.

    >>> target_of("airflow@2.10")
    'airflow'
    """
    return name.partition("@")[0]


def spec(name: str) -> EngineSpec:
    """What is known of an engine, by the name of its target, or `TARGET@RELEASE` for a release that is not the newest.

    Raises:
        EngineError: PG300 when the target has no engine here, or that release was not measured.

    >>> spec("airflow").supported
    '>=2.9,<3.4'
    """
    target, at, release = name.partition("@")
    engine = backends.get(target).engine if target in backends.targets() else None
    if engine is None:
        known = ", ".join(one.target for one in specs())
        message = f"no engine is known for target {target!r}"
        raise EngineError([Diagnostic("PG300", "error", message, None, f"engines: {known}", target)])
    if not at:
        return engine
    if release_of(release) not in engine.releases:
        known = ", ".join(engine.at(dotted(one)).name for one in engine.releases)
        message = f"{engine.distribution} {release or '(no version)'} was not measured"
        raise EngineError([Diagnostic("PG300", "error", message, None, f"measured: {known}", target)])
    return engine.at(release)


def for_compiled(name: str) -> None:
    """Nothing, where compiled code runs on an engine. Raises EngineError (PG304) where only native code does, and PG300."""
    engine = spec(name)
    if engine.release < engine.compiles_from:
        first = dotted(engine.compiles_from)
        message = f"compiled code is for {engine.distribution} {first} and newer, not for {dotted(engine.release)}"
        way_out = f"{engine.name}:FILE runs native code there; compiled code runs on {engine.target}"
        raise EngineError([Diagnostic("PG304", "error", message, None, way_out, engine.target)])


def specs() -> list[EngineSpec]:
    """What is known of every engine, by the name of its target.

    >>> {"airflow", "prefect"} <= {one.target for one in specs()}
    True
    """
    found = [backends.get(target).engine for target in sorted(backends.targets())]
    return [engine for engine in found if engine is not None]


def list_engines() -> list[EngineStatus]:
    """Every known release of every engine, and where it is, if installed. Starts nothing."""
    found = []
    for engine in (one.at(dotted(release)) for one in specs() for release in reversed(one.releases)):
        folder = _installed(engine)
        python = environment.python_of(folder) if folder else None
        found.append(EngineStatus(engine.name, engine.version, engine.supported, python, folder or _folder(engine)))
    return found


def install(name: str, *, python: Path | None = None, on_line: Callable[[str], None] | None = None) -> Engine:
    """Make the engine's environment in the user's cache, unless it is there.

    Args:
        name: a target with an engine, or one of its releases (`airflow@2.10`).
        python: the interpreter to build on; by default the one that runs this, or another on this machine where the
            release does not run on it.
        on_line: gets the installer's progress line by line.

    Raises:
        EngineError: PG300 unknown target, PG305 to PG310 when it cannot be made.
    """
    engine = spec(name)
    if python is None and not engine.pythons[0] <= sys.version_info[:2] <= engine.pythons[1]:
        python = environment.other_python(dotted(engine.pythons[1]))
    version = sys.version_info[:2] if python is None else python_version(python)
    _supported_python(engine, version)
    folder = _folder(engine, version)
    facts = {"target": engine.target, "version": engine.version, "python": ".".join(map(str, version))}
    environment.make(folder, engine.pins, facts, python=python, on_line=on_line)
    return Engine(engine.name, engine.version, environment.python_of(folder))


def find(name: str, *, python: Path | None = None) -> Engine:
    """The engine to use: the environment of `python` when given (checked; the name's release then says nothing), else the
    installed one.

    Raises:
        EngineError: PG301 when it is not installed, PG302 to PG304 when the given environment does not do.
    """
    engine = spec(name)
    if python is not None:
        version, problems = _look(engine, python)
        if problems:
            raise EngineError(problems)
        return Engine(engine.at(version).name, version, _absolute(python), managed=False)
    folder = _installed(engine)
    if folder is None:
        message = f"{engine.distribution} {engine.version} is not installed for pipeglot"
        way_out = f"pipeglot engines install {engine.name}   (or --engine-python PATH for an environment of your own)"
        raise EngineError([Diagnostic("PG301", "error", message, None, way_out, engine.target)])
    return Engine(engine.name, engine.version, environment.python_of(folder))


def doctor(name: str, *, python: Path | None = None) -> list[Diagnostic]:
    """What is wrong with the engine's environment and what to do about it; empty when it is fine.

    Starts its Python, imports the engine and looks at its version.
    """
    engine = spec(name)
    try:
        found = find(name, python=python)
    except EngineError as error:
        return list(error.diagnostics)
    return [] if python is not None else _look(engine, found.python)[1]


def prepare(
    name: str,
    packages: Iterable[str] = (),
    *,
    python: Path | None = None,
    on_line: Callable[[str], None] | None = None,
) -> Engine:
    """The engine with a pipeline's packages beside it.

    Args:
        name: a target with an engine, or one of its releases.
        packages: requirement lines (PEP 508).
        python: an environment of the user's own; the packages are then expected there, nothing is installed.
        on_line: gets the installer's progress line by line.

    Raises:
        EngineError: what `find` raises; PG306 when the packages conflict with the engine's, PG307 when they
            are missing from the user's own environment, PG305 and PG310 when the environment cannot be made.
    """
    wanted = sorted({line.strip() for line in packages if line.strip()})
    found = find(name, python=python)
    if not wanted:
        return found
    if not found.managed:
        if missing := _missing(found.python, wanted):
            listed = ", ".join(missing)
            message = f"the environment of {found.python} lacks what the pipeline needs: {listed}"
            way_out = "install it there, or leave --engine-python out and let pipeglot make an environment"
            raise EngineError([Diagnostic("PG307", "error", message, None, way_out, found.target)])
        return found
    engine = spec(found.name)
    facts = environment.marker(found.python.parent.parent) or {}
    key = _digest(engine.pins, facts.get("python", ""), *wanted)
    folder = environment.home() / "engines" / f"{engine.target}-{found.version}-with-{key}"
    requirements = engine.pins + "\n".join(wanted) + "\n"
    try:
        environment.make(
            folder,
            requirements,
            {**facts, "packages": " ".join(wanted)},
            python=found.python,
            on_line=on_line,
        )
    except EngineError as error:
        raise EngineError([_blame_requirement(engine, each, wanted) for each in error.diagnostics]) from None
    return Engine(found.name, found.version, environment.python_of(folder))


def read_requirements(file: Path) -> tuple[str, ...]:
    """The requirement lines of a requirements file; comments are dropped, `-r` and other options refused.

    Raises:
        EngineError: PG309 when it cannot be read or holds an option.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EngineError([Diagnostic("PG309", "error", f"cannot read {file}: {error}")]) from None
    found = []
    for number, line in enumerate(lines, 1):
        text = re.sub(r"(^|\s)#.*$", "", line).strip()
        if text.startswith("-"):
            message = f"{file}:{number}: options are not taken here: {text}"
            way_out = "write plain requirement lines; indexes are set by pip's or uv's own settings"
            raise EngineError([Diagnostic("PG309", "error", message, None, way_out)])
        if text:
            found.append(text)
    return tuple(found)


# ---------------------------------------------------------------- where environments lie


def _folder(engine: EngineSpec, version: Sequence[int] | None = None) -> Path:
    python = ".".join(map(str, version or sys.version_info[:2]))
    key = _digest(engine.pins, python)
    return environment.home() / "engines" / f"{engine.target}-{engine.version}-py{python}-{key}"


def _installed(engine: EngineSpec) -> Path | None:
    """The environment for the Python that runs this, else the one for the newest other Python."""
    lowest, highest = engine.pythons
    others = [(3, minor) for minor in range(highest[1], lowest[1] - 1, -1)]
    for version in [sys.version_info[:2], *others]:
        folder = _folder(engine, version)
        if environment.marker(folder) is not None:
            return folder
    return None


def _digest(*parts: str) -> str:
    # Wheels differ by platform, and a home folder may be shared between machines.
    told = [platform.system(), platform.machine(), *parts]
    return hashlib.sha256("\0".join(told).encode()).hexdigest()[:10]


def _absolute(python: Path) -> Path:
    # Never resolved: in a virtual environment the link itself says which environment it is.
    return Path(python).expanduser().absolute()


# ---------------------------------------------------------------- looking into an environment


def _ask(python: Path, script: str, argument: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(_absolute(python)), "-I", "-c", script, argument],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=_CHECK_TIMEOUT,
        check=False,
    )


_VERSION = """
import importlib.metadata, json, sys
try:
    version = importlib.metadata.version(sys.argv[1])
except importlib.metadata.PackageNotFoundError:
    version = None
print(json.dumps({"python": list(sys.version_info[:2]), "version": version}))
"""


def _look(engine: EngineSpec, python: Path) -> tuple[str, list[Diagnostic]]:
    """The engine's version in an environment, and what is wrong there."""

    def problem(code: str, message: str, way_out: str) -> tuple[str, list[Diagnostic]]:
        return "", [Diagnostic(code, "error", message, None, way_out, engine.target)]

    again = f"pipeglot engines install {engine.name}, or choose another --engine-python"
    try:
        answer = _ask(python, _VERSION, engine.distribution)
        facts = json.loads(answer.stdout) if answer.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return problem("PG302", f"{python} does not start: {error}", again)
    if facts is None:
        return problem("PG302", f"{python} does not work: {_last_line(answer.stderr)}", again)
    version = facts["version"]
    if version is None:
        return problem("PG303", f"{python} has no {engine.distribution}", again)
    try:
        engine = engine.at(version)
    except ValueError:
        way_out = f"supported: {engine.supported}; {again}"
        return problem("PG304", f"{python} has {engine.distribution} {version}", way_out)
    try:
        loaded = _ask(python, engine.load)
    except subprocess.TimeoutExpired:
        return problem("PG303", f"{engine.distribution} did not load in {_CHECK_TIMEOUT} s", again)
    if loaded.returncode:
        message = f"{engine.distribution} {version} does not load: {_last_line(loaded.stderr)}"
        return problem("PG303", message, again)
    return version, []


_MISSING = """
import importlib.metadata, json, sys
from packaging.requirements import Requirement
missing = []
for line in json.loads(sys.argv[1]):
    wanted = Requirement(line)
    if wanted.marker is not None and not wanted.marker.evaluate():
        continue
    try:
        version = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        missing.append(line)
        continue
    if not wanted.specifier.contains(version, prereleases=True):
        missing.append(f"{line} (has {version})")
print(json.dumps(missing))
"""


def _missing(python: Path, packages: Sequence[str]) -> list[str]:
    answer = _ask(python, _MISSING, json.dumps(list(packages)))
    if answer.returncode:
        message = f"cannot read the packages of the pipeline: {_last_line(answer.stderr)}"
        raise EngineError([Diagnostic("PG309", "error", message, None, "requirement lines as in PEP 508")])
    return [str(each) for each in json.loads(answer.stdout)]


def python_version(python: Path) -> tuple[int, int]:
    """Major and minor version of an interpreter. Raises EngineError (PG302) when it does not start."""
    try:
        answer = _ask(python, "import sys; print(*sys.version_info[:2])")
        major, minor = answer.stdout.split()
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise EngineError([Diagnostic("PG302", "error", f"{python} does not start: {error}")]) from None


def compiles(python: Path, file: Path) -> bool:
    """Whether a file is Python to an interpreter, whose syntax may be newer than ours. Nothing in it is run."""
    script = "import sys; compile(open(sys.argv[1], 'rb').read(), sys.argv[1], 'exec')"
    try:
        return _ask(python, script, str(file)).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _supported_python(engine: EngineSpec, version: Sequence[int]) -> None:
    lowest, highest = engine.pythons
    if not lowest <= tuple(version) <= highest:
        message = "{} is made for Python {}.{} to {}.{}, not {}.{}".format(
            engine.distribution, *lowest, *highest, *version
        )
        raise EngineError([Diagnostic("PG311", "error", message, None, "use such a Python", engine.target)])


def _blame_requirement(engine: EngineSpec, found: Diagnostic, packages: Sequence[str]) -> Diagnostic:
    """Say which of the pipeline's packages uv's explanation speaks of."""
    if found.code != "PG306":
        return found
    said = found.message.lower()
    names = {line: re.split(r"[^\w.-]", line, maxsplit=1)[0].lower() for line in packages}
    blamed = [line for line in packages if re.search(rf"(?<![\w.-]){re.escape(names[line])}(?![\w-])", said)]
    culprits = ", ".join(blamed or packages)
    message = f"{culprits} cannot be installed beside {engine.distribution} {engine.version}: {found.message}"
    way_out = "change or drop that requirement, or run with --engine-python on an environment that has both"
    return Diagnostic("PG306", "error", message, None, way_out, engine.target)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
