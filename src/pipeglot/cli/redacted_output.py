"""What a command prints while steps run, without secrets: whoever writes it, a step's own program among them."""

from __future__ import annotations

import codecs
import os
import select
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

from pipeglot.core.diagnostic import PipeglotError
from pipeglot.core.ir import Pipeline
from pipeglot.redact.masks import Redactor

_IDLE = 0.2
"""Seconds after which the beginning of what may become a secret is shown after all."""

_LEFT_BEHIND = 1.0
"""Seconds to wait for programs that outlive the run and still hold its output."""


class RedactedOutput:
    """Standard output and standard error of a command, and what is redacted in them."""

    def __init__(self) -> None:
        self.masks = Redactor()
        self.stdout: TextIO = sys.stdout
        """Standard output as it is, for what is masked already."""
        self._before = sys.stdout, sys.stderr
        self._pumps: list[_Pump] = []
        self._opened: list[TextIO] = []

    def declare(self, pipeline: Pipeline, env: Mapping[str, str] | None = None) -> None:
        """Hide the secrets of a pipeline, and the credentials in `env`."""
        self.masks.declare(pipeline, env)
        if not self.masks.empty and not self._pumps:
            self._divert()

    def enter(self) -> None:
        """Mask what Python code prints."""
        sys.stdout, sys.stderr = (cast(TextIO, _RedactedStream(stream, self.masks)) for stream in self._before)

    def _divert(self) -> None:
        """Mask what programs print, too: they write to the files 1 and 2, which become pipes to here."""
        streams = list(self._before)
        for number, stream in enumerate(self._before):
            with suppress(OSError, ValueError, AttributeError):  # it may be no file at all
                if stream.fileno() == number + 1 and os.name == "posix":
                    stream.flush()
                    pump = _Pump(number + 1, self.masks)
                    self._pumps.append(pump)
                    copy = os.dup(pump.kept)
                    streams[number] = open(  # noqa: SIM115
                        copy, "w", encoding=stream.encoding, errors=stream.errors, buffering=1
                    )
                    self._opened.append(streams[number])
        self.stdout = streams[0]
        for name, stream in zip(("stdout", "stderr"), streams, strict=True):
            current = getattr(sys, name)
            if isinstance(current, _RedactedStream):
                current.bare = stream

    def leave(self) -> None:
        """Everything as it was before."""
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        sys.stdout, sys.stderr = self._before
        for stream in self._opened:
            with suppress(OSError):
                stream.close()
        for pump in self._pumps:
            pump.end()


@contextmanager
def hidden() -> Iterator[RedactedOutput]:
    """Whatever the block prints is masked, and so are the errors that leave it."""
    found = RedactedOutput()
    found.enter()
    try:
        with found.masks.over_errors():
            yield found
    except PipeglotError:
        raise
    except Exception as error:  # a bug, which is told with its message
        if (said := found.masks.text(str(error))) != str(error):
            error.args = (said,)
        raise
    finally:
        found.leave()


class _RedactedStream:
    """A text stream that blots out what is secret; everything else is that of `bare`."""

    def __init__(self, bare: TextIO, masks: Redactor) -> None:
        self.bare, self._masks, self._first = bare, masks, bare

    def write(self, text: str) -> int:
        self.bare.write(self._masks.text(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    @property
    def buffer(self) -> Any:
        """Bytes go the way that programs' output goes."""
        return self._first.buffer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.bare, name)


class _Pump:
    """Takes the place of a file of this process and passes on what is written to it, masked.

    `kept` is where the file led to.
    """

    def __init__(self, file: int, masks: Redactor) -> None:
        self._file, self._masks = file, masks
        self.kept = os.dup(file)
        self._source, write = os.pipe()
        os.dup2(write, file)  # inherited by programs, which the pipe itself is not
        os.close(write)
        self._thread = threading.Thread(target=self._run, name="pipeglot output", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        rest = ""
        while True:
            ready, _, _ = select.select([self._source], [], [], _IDLE if rest else None)
            data = os.read(self._source, 65536) if ready else b""
            ended = bool(ready) and not data
            rest += decoder.decode(data, ended)
            text = self._masks.text(rest)
            held = self._masks.begun(text) if ready and not ended else 0
            text, rest = (text[:-held], text[-held:]) if held else (text, "")
            with suppress(OSError):  # whoever read our output has left
                _write(self.kept, text.encode("utf-8", "surrogateescape"))
            if ended:
                return

    def end(self) -> None:
        """Put the file back, and pass on all that is still under way."""
        os.dup2(self.kept, self._file)
        self._thread.join(_LEFT_BEHIND)
        if not self._thread.is_alive():
            os.close(self._source)
            os.close(self.kept)


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
