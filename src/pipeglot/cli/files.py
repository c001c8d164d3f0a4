"""Files of the user's: read with a clear word when it fails, written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pipeglot.core.diagnostic import Diagnostic, EngineError, PipeglotError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a system says when there is no room, nobody may take more of it, or the disk fails."""


class InputError(PipeglotError):
    """What the command line names cannot be used: a file, a folder, a parameter (exit code 2)."""


def fail(code: str, message: str, help: str = "") -> InputError:
    """An error to raise, with one diagnostic."""
    return InputError([Diagnostic(code, "error", message, None, help)])


def read(path: str) -> str:
    """A text file's content. Raises InputError."""
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        raise fail("PG330", f"{path} is not a file")
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise fail("PG330", f"{path} is not UTF-8 text") from None
    except OSError as error:
        raise fail("PG330", f"cannot read {path}: {reason(error)}") from None


def reason(error: OSError) -> str:
    """What the system says, in its words and without our path again.

    >>> reason(FileNotFoundError(2, "No such file or directory", "x"))
    'no such file or directory'
    """
    words = error.strerror or str(error)
    return words[:1].lower() + words[1:]


def write(files: Mapping[Path, str]) -> None:
    """Write files, all or none: each goes to a temporary file beside its place first. Raises InputError.

    Folders are made as needed; a file that holds its text already is left untouched.
    """
    made: list[Path] = []
    waiting: list[tuple[Path, Path]] = []
    try:
        for path, text in files.items():
            if current(path) != text:
                made += _folders(path.parent)
                waiting.append((_temporary(path, text), path))
        for temporary, path in waiting:
            temporary.replace(path)
    except OSError as error:
        for temporary, _ in waiting:
            temporary.unlink(missing_ok=True)
        for parent in reversed(made):
            with contextlib.suppress(OSError):
                parent.rmdir()
        raise _unwritten(_named(error, path), error) from None


def current(path: Path) -> str | None:
    """What a file holds now; None when there is none or it is not text. Raises OSError when it is no file."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise OSError(errno.EINVAL, "Not a regular file", str(path))  # reading it might never end
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def writable(path: Path) -> None:
    """Say now what would keep `write` from writing a file after a long run. Raises InputError."""
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "Is a directory", str(path))
        made = _folders(path.parent)
        _temporary(path, "").unlink()
        for parent in reversed(made):
            parent.rmdir()
    except OSError as error:
        raise _unwritten(str(path), error) from None


def _unwritten(name: str, error: OSError) -> PipeglotError:
    """Why a file could not be written: a full disk is no mistake in what was asked for (exit code 3)."""
    message = f"cannot write {name}: {reason(error)}"
    if error.errno in FULL:
        return EngineError([Diagnostic("PG340", "error", message, None, "make room, or choose another place")])
    return fail("PG340", message)


def destination(text: str, inputs: Iterable[str], *, option: str = "--record") -> Path:
    """The file that an option names now, through links and whatever folder a step moves to later.

    Raises InputError when it cannot be written, is no regular file (PG340), or is one of `inputs` (PG341).
    """
    if not text:
        raise fail("PG342", f"{option} names no file", "name one, or - for standard output")
    if os.path.exists(text) and not os.path.isfile(text):
        raise fail("PG340", f"cannot write {text}: not a regular file", "name a file, or - for standard output")
    path = Path(os.path.realpath(text))
    for one in inputs:
        if path.exists() and os.path.exists(one) and path.samefile(one):
            raise fail("PG341", f"{text} is read by this run: {one}", f"choose another file for {option}")
    writable(path)
    return path


def stale(files: Mapping[Path, str]) -> Iterator[tuple[Path, str]]:
    """Each file that is not as it would be written, with a unified diff from what is there."""
    import difflib

    for path, text in files.items():
        try:
            old = current(path)
        except OSError as error:
            raise fail("PG330", f"cannot read {path}: {reason(error)}") from None
        if old != text:
            before = "" if old is None else old
            lines = difflib.unified_diff(
                before.splitlines(keepends=True),
                text.splitlines(keepends=True),
                os.devnull if old is None else str(path),
                str(path),
            )
            yield path, "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _named(error: OSError, path: Path) -> str:
    """The file an error speaks of, never one of our temporary names."""
    name = error.filename
    return name if isinstance(name, str) and not os.path.basename(name).startswith(f".{path.name[:60]}.") else str(path)


def _folders(folder: Path) -> list[Path]:
    """Make a folder and its parents; the ones that were made, outermost first."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return list(reversed(missing))


def _temporary(path: Path, text: str) -> Path:
    """The text in a new file beside `path`, with the mode `path` has or a new file would get."""
    try:
        mode = path.stat().st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        mode = 0o666 & ~mask
    name = os.path.abspath(path.parent / f".{path.name[:60]}.{os.urandom(8).hex()}")
    handle = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(name, mode)
    except BaseException:
        os.unlink(name)
        raise
    return Path(name)
