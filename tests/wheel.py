"""What is shipped works: build the wheel, install it in a clean environment of every Python there is, and run it.

    python -m tests.wheel          # 3.10 to 3.13, those that are installed; the one that runs this must be among them
    python -m tests.wheel 3.10

The wheel has every file of the package, and the same files come out of `pipeglot compile` on every Python.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from pipeglot import backends

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "pipeglot"
EXAMPLE = ROOT / "examples" / "nested_branching.py"
PYTHONS = ("3.10", "3.11", "3.12", "3.13")


def main(arguments: Sequence[str]) -> int:
    pythons = {version: python for version in arguments or PYTHONS if (python := interpreter(version))}
    if absent := [version for version in arguments or PYTHONS if version not in pythons]:
        print(f"not installed here: Python {', '.join(absent)}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        wheel = build(folder / "dist")
        missing = unshipped(wheel)
        compiled = {version: used(wheel, python, folder / version) for version, python in pythons.items()}
    if missing:
        print(f"not in the wheel: {missing}", file=sys.stderr)
    alike = all(files == next(iter(compiled.values())) for files in compiled.values())
    print(f"{wheel.name}: Python {', '.join(compiled)}: {'the same files' if alike else 'NOT the same files'}")
    return 0 if alike and compiled and not missing else 1


def interpreter(version: str) -> Path | None:
    """The Python of a version: the one that runs this, one that lies beside it as pyenv has them, or one on PATH."""
    if version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        return Path(sys.executable)
    beside = sorted(Path(sys.base_prefix).parent.glob(f"{version}.*/bin/python"))
    found = beside[-1] if beside else shutil.which(f"python{version}")
    return Path(found) if found and run(found, "--version", check=False) == 0 else None


def build(folder: Path) -> Path:
    """The wheel of this tree."""
    run("uv", "build", "--quiet", "--wheel", "--out-dir", folder, ROOT)
    [wheel] = folder.glob("*.whl")
    return wheel


def unshipped(wheel: Path) -> list[str]:
    """The files of the package that the wheel lacks."""
    files = {path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    with zipfile.ZipFile(wheel) as archive:
        return sorted({str(path.relative_to(PACKAGE.parent)) for path in files} - set(archive.namelist()))


def used(wheel: Path, python: Path, folder: Path) -> dict[str, bytes]:
    """Install the wheel for a Python, and let its commands read what it ships. Gives all files that `compile` writes."""
    run("uv", "venv", "--quiet", "--python", python, folder / "env")
    run("uv", "pip", "install", "--quiet", "--python", folder / "env" / "bin" / "python", wheel)
    pipeglot = folder / "env" / "bin" / "pipeglot"
    work = folder / "work"
    work.mkdir()
    shutil.copy(EXAMPLE, work)
    run(pipeglot, "schema", cwd=work)
    run(pipeglot, "engines", "list", cwd=work)
    run(pipeglot, "run", EXAMPLE.name, cwd=work)
    # A template of the report's, and the constraints and support table of every target.
    run(pipeglot, "migrate", "dry-run", EXAMPLE.name, "--old", "local", "--new", "local", "--out", "report", cwd=work)
    assert (work / "report" / "report.html").stat().st_size > 10_000
    for target in backends.TARGETS:
        run(pipeglot, "compile", EXAMPLE.name, "--target", target, "--out", f"out/{target}", cwd=work)
    return {str(path.relative_to(work)): path.read_bytes() for path in (work / "out").rglob("*") if path.is_file()}


def run(*command: object, cwd: Path | None = None, check: bool = True) -> int:
    """Run without what this environment says of Python; what it prints is shown when it fails."""
    environ = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(list(map(str, command)), cwd=cwd, env=environ, capture_output=True, text=True)
    if check and done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
