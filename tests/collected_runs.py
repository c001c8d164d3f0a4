"""What the tests of collecting share: a pipeline with a bit of everything, records without what servers do not keep, and
the servers that probes leave up."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, TypeAlias

from pipeglot import collect, continue_, each, finally_, otherwise, pipeline, step, when
from pipeglot.core.record import Record


@step
def sizes(n: int) -> list[int]:
    return list(range(n))


@step
def shaky(folder: str) -> int:
    """Fails once."""
    tried = Path(folder, "tried")
    if not tried.exists():
        tried.touch()
        raise RuntimeError("not yet: wait")
    return 2


@step
def square(n: int, odd_ones: bool) -> int:
    if n == 1 and not odd_ones:
        raise ValueError("odd:\n1")
    return n * n


@step
def show(n: int) -> str:
    return str(n)


@step
def total(squares: list[int]) -> int:
    return sum(squares)


@step
def tell(text: str) -> None:
    print(text)


@pipeline
def from_production(folder: str, n: int = 3, odd_ones: bool = True) -> int:
    more = shaky.options(retries=1)(folder)
    shaky.options(id="tolerated", on_failure=continue_(default=7))("/nowhere")
    with when(more > 1):
        show.options(id="large")(more)
    with otherwise():
        show.options(id="small")(more)
    with each(sizes(n)) as number:
        one = square(number, odd_ones)
        with when(number > 0):
            show.options(id="shown")(one)
        with each([10, 20]):
            show.options(id="deep")(one)
    with finally_() as outcome:
        tell(outcome.state)
    return total(collect(one))


def traces(record: Record) -> dict[tuple[str, tuple[int, ...]], tuple[Any, ...]]:
    """Everything of the calls of a record but their outputs and times."""
    return {
        (call.id, call.index): (call.state, call.attempts, call.tolerated, call.observed, call.error)
        for call in record.calls
    }


Answer: TypeAlias = Callable[[str, Any], Any]
"""What a server answers to a path and the JSON posted there; None for a 404."""


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """A server of the JSON that `answer` gives; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._give(None)

        def do_POST(self) -> None:
            self._give(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _give(self, asked: Any) -> None:
            told = answer(self.path, asked)
            body = json.dumps(told).encode()
            self.send_response(404 if told is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def variable_of(process: Path, *names: str) -> Mapping[str, str]:
    """Variables of a process, by its folder in /proc, that it has been started with."""
    pairs = (each.partition("=")[::2] for each in (process / "environ").read_text().split("\0"))
    return {name: value for name, value in pairs if name in names}
