"""One class name stands for one thing: a reader who looks for it finds one."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "pipeglot"

TWINS = {
    # As an author writes it, and as data of the pipeline that comes of it.
    "Continue": {"author/policies", "core/ir"},
    "Cron": {"author/declaration", "core/ir"},
    "Param": {"author/declaration", "core/ir"},
    "Pipeline": {"author/pipeline", "core/ir"},
    "Step": {"author/steps", "backends", "core/ir"},
}
"""Names that two classes share because they are one concept."""

BACKENDS = {
    "Builder",
    "Choose",
    "Gather",
    "Give",
    "Lowering",
    "Module",
    "Naming",
    "Plan",
    "Source",
    "Step",
    "Task",
    "Wiring",
}
"""What each backend has of its own, under the same name in each: backends do not know one another."""


NOT_YET = {"Draft", "Engine", "Place", "Plan", "Settings", "Side", "Types", "Use"}
"""Names that stand for several things still; the list only gets shorter."""


def test_a_class_name_is_unique_but_for_these() -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(SOURCE.rglob("*.py")):
        place = path.relative_to(SOURCE).with_suffix("").as_posix()
        if place.startswith(("engines/probes/", "conformance/corpus/")):
            continue  # run under an engine's Python, and pipelines as authors write them
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                found[node.name.lstrip("_")].add(place)
    shared = {name: places for name, places in found.items() if len(places) > 1}
    for name in BACKENDS:
        shared[name] = {place for place in found[name] if not place.startswith("backends/")} | {"backends"}
    shared = {name: places for name, places in shared.items() if len(places) > 1}
    assert shared.keys() == TWINS.keys() | NOT_YET
    assert {name: shared[name] for name in TWINS} == TWINS
