"""One class name stands for one thing: a reader who looks for it finds one.

Backends do not know one another: what is alike in several (a `Plan`, a `Lowering`, a `Builder`) has the same name in each.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "pipeglot"

TWINS = {
    "Continue": {"author/policies", "core/ir"},
    "Cron": {"author/declaration", "core/ir"},
    "Param": {"author/declaration", "core/ir"},
    "Pipeline": {"author/pipeline", "core/ir"},
    "Step": {"author/steps", "backends", "core/ir"},
}
"""One concept, as an author writes it, as data of the pipeline, and as a backend's plan has it."""


def classes() -> dict[str, set[str]]:
    """The places of each class: modules, the backends as one."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(SOURCE.rglob("*.py")):
        place = path.relative_to(SOURCE).with_suffix("").as_posix()
        if place.startswith(("engines/probes/", "conformance/corpus/")):
            continue  # run under an engine's Python, and pipelines as authors write them
        if place.startswith("backends/") and place.count("/") > 1:
            place = "backends"
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                found[node.name.lstrip("_")].add(place)
    return found


def test_a_class_name_is_unique_but_for_these() -> None:
    shared = {name: places for name, places in classes().items() if len(places) > 1}
    assert shared == TWINS
