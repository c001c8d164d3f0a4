"""Source inlining: exactly what a step uses travels, and what cannot is refused with its line."""

from __future__ import annotations

import functools
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, cast

import pytest

from pipeglot import Step
from pipeglot.author.source import collect_code, place_step
from pipeglot.core.diagnostic import CODES, AuthoringError, Diagnostic
from pipeglot.core.ir import Imported, Inlined, SourceFragment


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ModuleType]]:
    """Write a file and import it, as author's files are."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def write_and_import(text: str, name: str = "mine") -> ModuleType:
        (tmp_path / f"{name}.py").write_bytes(text.encode())
        importlib.invalidate_caches()
        return importlib.import_module(name)

    yield write_and_import
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


Load = Callable[..., ModuleType]


def functions(module: ModuleType, *names: str) -> list[FunctionType]:
    found: list[Any] = []
    for name in names:
        value = vars(module)[name]
        found.append(cast(FunctionType, value.fn) if isinstance(value, Step) else value)
    return found


def collected(module: ModuleType, *names: str) -> tuple[tuple[SourceFragment, ...], list[Diagnostic]]:
    return collect_code(functions(module, *(names or ("f",))), main_file=str(module.__file__))


def texts(module: ModuleType, *names: str) -> list[str]:
    chunks, diagnostics = collected(module, *names)
    assert diagnostics == []
    return [chunk.text for chunk in chunks]


def run(module: ModuleType, *names: str) -> dict[str, Any]:
    """The chunks executed as one file, without what they came from."""
    space: dict[str, Any] = {"__name__": "elsewhere"}
    sys.modules["elsewhere"] = ModuleType("elsewhere")
    exec(compile("\n\n".join(texts(module, *names)), "elsewhere.py", "exec", dont_inherit=True), space)
    return space


# ---------------------------------------------------------------- what travels


def test_exactly_what_a_step_uses_travels_in_the_order_of_the_file(load: Load) -> None:
    module = load('''\
import json, os
from dataclasses import dataclass as dc, field
from pipeglot import step

UNUSED = 1
LIMIT, OTHER = 3, [  # both
    4,
]

@dc(frozen=True)
class Row:
    size: int = LIMIT

def unused(): return os.sep

def helper(row):
    # a comment of its own
    return json.dumps([row.size, OTHER])  # kept

@step(
    retries=2,
)
def f(n: int) -> str:
    """Doc."""
    return helper(Row(n))  # last
''')
    chunks, diagnostics = collected(module)
    assert diagnostics == []
    assert [(chunk.kind, chunk.names, chunk.at.line if chunk.at else 0) for chunk in chunks] == [
        ("import", ("json",), 1),
        ("import", ("dc",), 2),
        ("value", ("LIMIT", "OTHER"), 6),
        ("class", ("Row",), 10),
        ("function", ("helper",), 16),
        ("function", ("f",), 23),
    ]
    assert [chunk.text for chunk in chunks] == [
        "import json",
        "from dataclasses import dataclass as dc",
        "LIMIT, OTHER = 3, [  # both\n    4,\n]",
        "@dc(frozen=True)\nclass Row:\n    size: int = LIMIT",
        "def helper(row):\n    # a comment of its own\n    return json.dumps([row.size, OTHER])  # kept",
        'def f(n: int) -> str:\n    """Doc."""\n    return helper(Row(n))  # last',
    ]
    assert {chunk.at.file for chunk in chunks if chunk.at} == {"mine.py"}


@pytest.mark.parametrize(
    "body",
    [
        "def f(G): return G",
        "def f():\n    G = 1\n    return G",
        "def f(): return [G for G in (1, 2)]",
        "def f(): return {G: 1 for G in (1, 2)}",
        "def f(x): return x.G",
        "def f(): return dict(G=1)",
        "def f():\n    def G(): return 1\n    return G()",
        "def f(): return (lambda G: G)(1)",
        "def f():\n    import json as G\n    return G",
        "def f():\n    for G in (1, 2): pass\n    return G",
        "def f():\n    try: pass\n    except ValueError as G: return G",
        "def f():\n    class G: pass\n    return G",
        "def f(x):\n    match x:\n        case {'a': G}: return G",
        "def f():\n    if (G := 1): return G",
        "def f():\n    def g():\n        nonlocal G\n        G = 2\n    G = 1\n    return g()",
        "def f(): return 'G'",
        "from typing import Literal\ndef f(x: Literal['G']): return x",
        "C = {'G': 1}\ndef f(x): return C['G']",
    ],
)
def test_what_only_looks_like_a_global_does_not_travel(load: Load, body: str) -> None:
    assert "G = object()" not in texts(load(f"G = object()\n{body}\n"))


@pytest.mark.parametrize(
    "body",
    [
        "def f(): return G",
        "def f(x=G): return x",
        "def f(*, x=G): return x",
        "def f(x: G): return x",
        "def f() -> G: ...",
        "def f(x: 'G'): return x",
        "def f(x: 'list[G]'): return x",
        "def f(x: list['G']): return x",
        "from typing import Annotated\ndef f(x: Annotated['G', 'anything: goes']): return x",
        "def f(): return [G for _ in (1, 2)]",
        "def f(): return [x for x in range(3) if x != G]",
        "def f(): return f'{G}'",
        "def f():\n    def g(): return G\n    return g",
        "def f():\n    class C(G): pass\n    return C",
        "def f():\n    class C:\n        x = G\n    return C",
        "class C:\n    G: G = 1\ndef f(): return C",
        "class C:\n    G = G\ndef f(): return C",
        "class C:\n    def m(self): return G\ndef f(): return C",
        "class C(G): pass\ndef f(): return C",
        "def d(f): return f\n@d\ndef g(): return G\ndef f(): return g()",
        "T = list['G']\ndef f(x: T): return x",
        "H = lambda: G\ndef f(): return H()",
        "H = [G for _ in range(2)]\ndef f(): return H",
        "def f(x):\n    match x:\n        case G(): return x",
        "def f(x): x[G] = 1",
    ],
)
def test_what_is_used_in_any_way_travels(load: Load, body: str) -> None:
    assert "class G: ..." in texts(load(f"class G: ...\n{body}\n"))


def test_names_only_annotations_use_travel_from_type_checking_blocks(load: Load) -> None:
    module = load("""\
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from decimal import Decimal, Context
def f(x: Decimal): return x
""")
    assert texts(module) == [
        "from __future__ import annotations",
        "from decimal import Decimal",
        "def f(x: Decimal): return x",
    ]


def test_an_optional_import_travels_whole(load: Load) -> None:
    block = "try:\n    import tomllib as toml\nexcept ImportError:\n    toml = None"
    chunks, diagnostics = collected(load(f"{block}\ndef f(): return toml\n"))
    assert diagnostics == []
    assert (chunks[0].kind, chunks[0].names, chunks[0].text) == ("value", ("toml",), block)


def test_submodules_of_one_package_travel_together(load: Load) -> None:
    assert texts(load("import os\nimport os.path\nimport json\ndef f(): return os.path.sep\n"))[:-1] == [
        "import os",
        "import os.path",
    ]


def test_only_pipeglots_own_step_decorator_is_dropped(load: Load) -> None:
    module = load("""\
import functools
import pipeglot as pg
from pipeglot import step as declare
ours = pg.step(retries=1)

def twice(fn):
    @functools.wraps(fn)
    def run(x: int) -> int: return 2 * fn(x)
    return run

@pg.step(retries=2)
# between
@twice
# and after
def f(x: int) -> int: return g(x)

@ours
def g(x: int) -> int: return h(x)

@declare
def h(x: int) -> int: return x + 1
""")
    found = texts(module)
    assert "@twice\n# and after\ndef f(x: int) -> int: return g(x)" in found
    assert "def g(x: int) -> int: return h(x)" in found and "def h(x: int) -> int: return x + 1" in found
    assert not any("pipeglot" in text for text in found)
    assert run(module)["f"](1) == 4


def test_a_declaration_over_a_function_of_that_name_changes_nothing(load: Load) -> None:
    assert texts(load("from pipeglot import step\ndef f(): ...\nf = step(f, retries=2)\n")) == ["def f(): ..."]


def test_windows_line_ends_byte_order_marks_and_form_feeds_change_nothing(load: Load) -> None:
    module = load("\ufeffA = 'ä\u2028'; B = 2\r\n\x0c\r\ndef f():\r\n    return A + str(B)\r\n")
    assert texts(module) == ["A = 'ä\u2028'", "B = 2", "def f():\n    return A + str(B)"]
    assert run(module)["f"]() == "ä\u20282"


def test_what_travels_runs_elsewhere(load: Load) -> None:
    module = load("""\
import re
from collections import namedtuple
from enum import Enum
from pathlib import Path
class Color(Enum):
    RED = 1
P = namedtuple("P", "x y")
WORD = re.compile(r"\\w+")
TABLE = {color: color.name.lower() for color in Color}
HOME = Path("a") / "b"
def even(n): return n == 0 or odd(n - 1)
def odd(n): return n != 0 and even(n - 1)
def f(): return [TABLE[Color.RED], WORD.findall("a b"), P(1, 2).y, str(HOME), even(10)]
""")
    assert run(module)["f"]() == module.f() == ["red", ["a", "b"], 2, "a/b", True]


def test_overloads_and_scripts_parts_stay_behind(load: Load) -> None:
    module = load("""\
from typing import overload
@overload
def g(x: int) -> int: ...
@overload
def g(x: str) -> str: ...
def g(x): return x
def f(): return g(1)
if __name__ == "__main__":
    g = 3
""")
    assert texts(module) == ["def g(x): return x", "def f(): return g(1)"]


def test_long_chains_and_many_steps_cost_no_stack(load: Load) -> None:
    lines = [f"def f{n}(): return f{n + 1}()" for n in range(2000)] + ["def f2000(): return 1"]
    module = load("\n".join(lines))
    names = [f"f{n}" for n in range(2001)]
    assert texts(module, *names) == texts(module, "f0") == lines


def test_files_keep_their_places_and_share_what_is_the_same(load: Load, tmp_path: Path) -> None:
    head = "import json\nfrom pipeglot import step\nN = 1\n"
    first = load(head + "@step\ndef f() -> str: return json.dumps(N)\n")
    second = load(head + "@step\ndef g() -> str: return json.dumps(N)\n", "other")
    chunks, diagnostics = collect_code([first.f.fn, second.g.fn], main_file=str(first.__file__))
    assert diagnostics == []
    assert [(chunk.names[0], chunk.at.file if chunk.at else "") for chunk in chunks] == [
        ("json", "mine.py"), ("N", "mine.py"), ("f", "mine.py"), ("g", "other.py"),
    ]  # fmt: skip


# ---------------------------------------------------------------- what does not

REFUSED: dict[str, tuple[str, int, str]] = {
    "rebound": ("PG154", 3, "N = 1\nN = 2\ndef f(): return N\n"),
    "augmented": ("PG154", 3, "N = 1\nN += 2\ndef f(): return N\n"),
    "deleted and bound": ("PG154", 4, "N = 1\ndel N\nN = 1\ndef f(): return N\n"),
    "global": ("PG154", 4, "N = 1\ndef f():\n    global N\n    N += 1\n"),
    "global of another function": ("PG154", 5, "N = 1\ndef g():\n    global N\n    N = 2\ndef f(): return N\n"),
    "item set": ("PG154", 2, "N = {}\ndef f(): N[1] = 2\n"),
    "item set by another function": ("PG154", 3, "N = {}\ndef g(): N[1] = 2\ndef f(): return N\n"),
    "item set at the top": ("PG154", 3, "N = {}\nN[1] = 2\ndef f(): return N\n"),
    "attribute set": ("PG154", 3, "class N: ...\nN.a = 1\ndef f(): return N\n"),
    "appended to": ("PG154", 2, "N = []\ndef f(): N.append(1)\n"),
    "called at the top": ("PG154", 4, "import logging as l\nlog = l.getLogger()\nlog.setLevel(30)\ndef f(): log.x\n"),
    "two functions": ("PG154", 5, "def g(x): return 1\nif True: pass\ndef g(y): return 2\n\ndef f(): return g(1)\n"),
    "open file": ("PG155", 2, "import os\nN = open(os.devnull).close()\ndef f(): return N\n"),
    "file read": (
        "PG155", 3, "import os\nfrom pathlib import Path\nN = Path(os.devnull).read_text()\n"
        "def f(): return N\n",
    ),
    "now": ("PG155", 2, "from datetime import datetime as dt\nN = dt.now()\ndef f(): return N\n"),
    "random": ("PG155", 2, "import random\nN = [random.random()]\ndef f(): return N\n"),
    "lock": ("PG155", 2, "from threading import Lock\nN = Lock()\ndef f(): return N\n"),
    "generator": ("PG155", 1, "N = (x for x in 'ab')\ndef f(): return N\n"),
    "iterator": ("PG155", 1, "N = map(str, 'ab')\ndef f(): return N\n"),
    "unknown name": ("PG156", 2, "def f():\n    return N\n"),
    "unknown name of a helper": ("PG156", 1, "def g(): return N\ndef f(): return g()\n"),
    "star": ("PG157", 2, "from os import *\ndef f(): return sep\n"),
    "if": ("PG158", 3, "if 1:\n    N = 1\ndef f(): return N\n"),
    "for": ("PG158", 3, "for N in (1, 2):\n    pass\ndef f(): return N\n"),
    "with": ("PG158", 4, "import io\nwith io.StringIO() as N:\n    pass\ndef f(): return N\n"),
    "while": ("PG158", 4, "while True:\n    N = 1\n    break\ndef f(): return N\n"),
    "try": ("PG158", 3, "try: N = 1\nexcept ValueError: N = 2\ndef f(): return N\n"),
    "walrus": ("PG158", 2, "(N := 1)\ndef f(): return N\n"),
    "step under if": ("PG158", 2, "if 1:\n    def f(): return 1\n"),
    "relative import inside": ("PG159", 2, "def f():\n    from . import x\n"),
    "pipeglot's run": ("PG161", 2, "from pipeglot import run\ndef f(): return run.run_id\n"),
    "pipeglot's module": ("PG161", 2, "import pipeglot as p\ndef f(): return p.run\n"),
    "pipeglot in a signature": (
        "PG161",
        3,
        "from typing import Annotated as A\nfrom pipeglot import Param\ndef f(x: A[int, Param(ge=1)]): return x\n",
    ),
    "pipeglot inside": ("PG161", 2, "def f():\n    import pipeglot.core.ir\n"),
    "a declared step": (
        "PG161", 3, "import textwrap as t\n"
        "from pipeglot import step\nd = step(t.dedent)\ndef f(): return d('')\n",
    ),
    "a shell step": ("PG161", 2, "from pipeglot import shell\n@shell('ls')\ndef g() -> str: ...\ndef f(): g()\n"),
    "own file": ("PG164", 1, "N = __file__\ndef f(): return N\n"),
    "globals": ("PG164", 1, "def f(): return globals()\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_travel_is_refused_at_its_line_with_a_way_out(load: Load, case: str) -> None:
    code, line, text = REFUSED[case]
    _, diagnostics = collected(load(text))
    assert [(d.code, d.at.line if d.at else 0) for d in diagnostics] == [(code, line)]
    assert diagnostics[0].severity == "error" and diagnostics[0].help
    assert code in CODES


def test_every_finding_comes_at_once_and_each_once(load: Load) -> None:
    module = load("def g(): return NO\ndef f(): return g(), NO, MORE, MORE\ndef h(): return g(), globals()\n")
    _, diagnostics = collected(module, "f", "h")
    assert sorted((d.code, d.at.line if d.at else 0) for d in diagnostics) == [
        ("PG156", 1), ("PG156", 2), ("PG156", 2), ("PG164", 3),
    ]  # fmt: skip


def test_a_relative_import_is_refused_with_its_full_spelling(load: Load, tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").touch()
    (tmp_path / "pack" / "a.py").write_text("from .b import x\ndef f(): return x\n")
    (tmp_path / "pack" / "b.py").write_text("x = 1\n")
    load("")
    _, diagnostics = collected(importlib.import_module("pack.a"))
    assert [(d.code, d.at.line if d.at else 0) for d in diagnostics] == [("PG159", 2)]
    assert "from <package>.b import x" in diagnostics[0].help


def test_one_name_for_two_things_in_two_files_is_refused(load: Load) -> None:
    first = load("N = 1\ndef f(): return N\n")
    second = load("N = 2\ndef g(): return N\n", "other")
    _, diagnostics = collect_code([first.f, second.g], main_file=str(first.__file__))
    assert [(d.code, d.at and (d.at.file, d.at.line)) for d in diagnostics] == [("PG160", ("other.py", 1))]


def test_a_builtin_of_one_file_is_not_hidden_by_another(load: Load) -> None:
    first = load("def f(x): return max(x)\n")
    second = load("def max(x): return x\ndef g(x): return max(x)\n", "other")
    _, diagnostics = collect_code([first.f, second.g], main_file=str(first.__file__))
    assert [(d.code, d.at and (d.at.file, d.at.line)) for d in diagnostics] == [("PG160", ("other.py", 1))]


def test_submodules_of_one_package_clash_with_nothing(load: Load) -> None:
    first = load("import os.path\ndef f(): return os.path.sep\n")
    second = load("import os\ndef g(): return os.sep\n", "other")
    chunks, diagnostics = collect_code([first.f, second.g], main_file=str(first.__file__))
    assert diagnostics == [] and [chunk.text for chunk in chunks if chunk.kind == "import"] == [
        "import os.path",
        "import os",
    ]


def test_an_import_that_brings_pipeglot_along_is_refused(load: Load) -> None:
    load("from pipeglot import step\ndef g(): return 1\n", "other")
    _, diagnostics = collected(load("from other import g\ndef f(): return g()\n"))
    assert [(d.code, d.at.line if d.at else 0) for d in diagnostics] == [("PG162", 1)]


@pytest.mark.parametrize("change", ["# another line\ndef f(): return 1\n", "def g(): return 1\n", "def f(:\n", None])
def test_source_that_is_not_what_was_loaded_is_refused(load: Load, change: str | None) -> None:
    module = load("def f(): return 1\n")
    file = Path(str(module.__file__))
    file.unlink() if change is None else file.write_text(change)
    _, diagnostics = collected(module)
    assert [d.code for d in diagnostics] == ["PG150"]


def test_a_function_without_a_file_is_refused() -> None:
    space: dict[str, Any] = {}
    exec("def f(): return 1", space)
    _, diagnostics = collect_code([space["f"]], main_file="pipeline.py")
    assert [d.code for d in diagnostics] == ["PG150"]


# ---------------------------------------------------------------- where a step lives


def test_a_plain_function_of_another_module_is_imported() -> None:
    assert place_step(json.dumps, main_file="p.py", decorated=False) == Imported(module="json", attr="dumps")
    assert place_step(len, main_file="p.py", decorated=False) == Imported(module="builtins", attr="len")


def test_a_function_of_the_own_file_or_decorated_or_beside_pipeglot_is_inlined(load: Load) -> None:
    own = load("def f(): return 1\n")
    other = load("from pipeglot import step\ndef g(): return 1\n", "other")
    third = load("def h(): return 1\n", "third")
    main = str(own.__file__)
    assert place_step(own.f, main_file=main, decorated=False) == Inlined(name="f")
    assert place_step(other.g, main_file=main, decorated=False) == Inlined(name="g")
    assert place_step(third.h, main_file=main, decorated=True) == Inlined(name="h")
    assert place_step(third.h, main_file=main, decorated=False) == Imported(module="third", attr="h")


def _closure() -> Callable[[], int]:
    kept = 1
    return lambda: kept


def _nested() -> Callable[[], int]:
    def inner() -> int:
        return 1

    return inner


def _closed() -> Callable[[], int]:
    kept = 1

    def inner() -> int:
        return kept

    return inner


@pytest.mark.parametrize(
    ("function", "code"),
    [
        (lambda: 1, "PG151"),
        (_closure(), "PG151"),
        (_nested(), "PG152"),
        (Path.exists, "PG152"),
        (Path().exists, "PG152"),
        (functools.partial(print), "PG152"),
        (_closed(), "PG153"),
    ],
)
@pytest.mark.parametrize("decorated", [True, False])
def test_what_has_no_place_of_its_own_is_refused(function: Callable[..., Any], code: str, decorated: bool) -> None:
    with pytest.raises(AuthoringError) as caught:
        place_step(function, main_file=__file__, decorated=decorated)
    (found,) = caught.value.diagnostics
    assert found.code == code and found.help and code in CODES


def test_a_function_that_its_module_does_not_give_is_refused(load: Load) -> None:
    module = load("def f(): return 1\ng = f\nf = 2\n", "other")
    with pytest.raises(AuthoringError, match="PG163"):
        place_step(module.g, main_file="p.py", decorated=False)
