"""The steps of random pipelines, and the types they give."""

from __future__ import annotations

from typing import Any

from pipeglot.core.ir import Imported, Inlined, Parameter, Shell, SourceFragment, Step

RES_SOURCE = """
@dataclass
class Res:
    n: int
    ok: bool
    f: float
    xs: list[int]
    s: str
    d: dict[str, int]
""".strip()

WORK = '''
def work(label: str, ins: Any, fail: bool = False) -> Res:
    """A result that depends on nothing but the arguments."""
    if fail:
        raise ValueError(f"{label} was told to fail")
    digest = hashlib.sha256(json.dumps([label, ins], sort_keys=True).encode()).digest()
    n = digest[0] % 7
    d = {"k": n} if digest[1] % 3 else {}
    return Res(n=n, ok=digest[2] % 2 == 0, f=digest[4] % 8 / 4, xs=list(range(digest[3] % 4)), s="abc"[n % 3], d=d)
'''.strip()

FLAKY = '''
def flaky(label: str, ins: Any, failures: int) -> Res:
    """Fails its first `failures` attempts, counted in a folder that outlives an attempt."""
    key = hashlib.sha256(json.dumps([label, ins], sort_keys=True).encode()).hexdigest()
    counter = Path(os.environ["PIPEGLOT_TEST_STATE"], key)
    count = int(counter.read_text()) if counter.exists() else 0
    counter.write_text(str(count + 1))
    if count < failures:
        raise RuntimeError(f"{label}: attempt {count + 1} of {failures} that fail")
    return work(label, ins)
'''.strip()

MAYBE = '''
def maybe(label: str, ins: Any) -> Optional[int]:
    """An int, or now and then None."""
    digest = hashlib.sha256(json.dumps([label, ins], sort_keys=True).encode()).digest()
    return None if digest[0] % 3 == 0 else digest[0] % 5
'''.strip()

CODE = (
    SourceFragment(kind="import", names=("annotations",), text="from __future__ import annotations"),
    *(SourceFragment(kind="import", names=(name,), text=f"import {name}") for name in ("hashlib", "json", "os")),
    SourceFragment(kind="import", names=("dataclass",), text="from dataclasses import dataclass"),
    SourceFragment(kind="import", names=("Path",), text="from pathlib import Path"),
    SourceFragment(kind="import", names=("Any",), text="from typing import Any"),
    SourceFragment(kind="import", names=("Optional",), text="from typing import Optional"),
    SourceFragment(kind="class", names=("Res",), text=RES_SOURCE),
    SourceFragment(kind="function", names=("work",), text=WORK),
    SourceFragment(kind="function", names=("flaky",), text=FLAKY),
    SourceFragment(kind="function", names=("maybe",), text=MAYBE),
)

INT: dict[str, Any] = {"type": "integer"}
TEXT: dict[str, Any] = {"type": "string"}
BOOL: dict[str, Any] = {"type": "boolean"}
FLOAT: dict[str, Any] = {"type": "number"}
MAYBE_INT: dict[str, Any] = {"anyOf": [INT, {"type": "null"}]}


def list_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


FIELDS: dict[str, dict[str, Any]] = {"n": INT, "ok": BOOL, "f": FLOAT, "xs": list_of(INT), "s": TEXT}
"""The fields of `Res` whose values any pipeline may take: of `d`, a key may be missing."""

RES: dict[str, Any] = {
    "type": "object",
    "title": "Res",
    "properties": {**FIELDS, "d": {"type": "object", "additionalProperties": INT}},
    "required": [*FIELDS, "d"],
}

STEPS = (
    Step(
        name="work",
        run=Inlined(name="work"),
        parameters=(
            Parameter(name="label", type=TEXT),
            Parameter(name="ins"),
            Parameter(name="fail", type=BOOL, has_default=True),
        ),
        returns=RES,
    ),
    Step(
        name="flaky",
        run=Inlined(name="flaky"),
        parameters=(Parameter(name="label", type=TEXT), Parameter(name="ins"), Parameter(name="failures", type=INT)),
        returns=RES,
    ),
    Step(
        name="maybe",
        run=Inlined(name="maybe"),
        parameters=(Parameter(name="label", type=TEXT), Parameter(name="ins")),
        returns=MAYBE_INT,
    ),
    Step(
        name="caps",
        run=Imported(module="string", attr="capwords"),
        parameters=(Parameter(name="s"), Parameter(name="sep", has_default=True)),
    ),
    Step(
        name="say",
        run=Shell(script='printf "%s|%s\\n" "$label" "$x"; case "$x" in *7*) exit 3;; esac'),
        parameters=(Parameter(name="label", type=TEXT), Parameter(name="x")),
        returns=TEXT,
    ),
)

RETURNS = {step.name: step.returns for step in STEPS}

TOLERATED: Any = {"n": -1, "ok": True, "f": 0.5, "xs": [4], "s": "default", "d": {}}

CONSTANTS: dict[str, Any] = {"integer": 3, "string": "const", "boolean": False, "number": 2.0, "object": TOLERATED}
